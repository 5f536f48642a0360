import { useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import { trpc } from "../api.ts";
import { useBand, useBandId } from "../frame/band.ts";

/** Where uploads of the band go; nothing for those who only listen. */
export function useUploadTarget() {
  const band = useBand();
  const { data } = useQuery(
    trpc.uploads.target.queryOptions(
      { bandId: useBandId() },
      { enabled: band !== undefined && band.role !== "listener" },
    ),
  );
  return data?.connectionId === null ? undefined : data;
}

/** What does it is loaded when it is needed. */
export const uploadHere = async (bandId: BandId, files: readonly File[]): Promise<void> =>
  (await import("./here.ts")).uploadFiles(bandId, files);
