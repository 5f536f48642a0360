import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import { trpc } from "../api.ts";
import { useBand, useBandId } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";

/** Where uploads of the band go; nothing for those who only listen. */
export function useUploadTarget() {
  const bandId = useBandId();
  const band = useBand();
  const { data: connections = [] } = useConnections(bandId);
  const primary = connections.find(({ isPrimary }) => isPrimary);
  const { queryKey, ...options } = trpc.uploads.target.queryOptions({ bandId });
  const { data } = useQuery({
    ...options,
    // Asked anew when the answer may be another one.
    queryKey: [...queryKey, primary?.id, primary?.health, primary?.rootPath] as const,
    enabled: band !== undefined && band.role !== "listener",
    placeholderData: keepPreviousData,
  });
  return data?.connectionId === null ? undefined : data;
}

/** What does it is loaded when it is needed. */
export const uploadHere = async (bandId: BandId, files: readonly File[]): Promise<void> =>
  (await import("./here.ts")).uploadFiles(bandId, files);
