import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import { backline, queryClient } from "../api.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";

const KEY = "upload target";

/** Where uploads of the band go; nothing for those who only listen, or where there is no storage. */
export function useUploadTarget() {
  const bandId = useBandId();
  const { data: connections = [] } = useConnections(bandId);
  const primary = connections.find(({ isPrimary }) => isPrimary);
  const { data } = useQuery({
    // Asked anew when the answer may be another one.
    queryKey: [KEY, bandId, primary?.id, primary?.health, primary?.rootPath],
    queryFn: () => backline.api.uploads.target.query({ bandId }),
    enabled: useIsEditor(),
    placeholderData: keepPreviousData,
  });
  return data?.connectionId === null ? undefined : data;
}

export const refreshUploadTarget = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: [KEY] });

/** What does it is loaded when it is needed. */
export const uploadHere = async (bandId: BandId, files: readonly File[]): Promise<void> =>
  (await import("./here.ts")).uploadFiles(bandId, files);
