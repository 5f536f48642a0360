import { queryOptions } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import type { Upload } from "#contract/uploads.ts";
import { queryClient, trpc } from "../api.ts";
import type { Sending } from "./queue.ts";

export const uploadsQuery = (bandId: BandId) =>
  queryOptions(trpc.uploads.list.queryOptions({ bandId }));

export const refreshUploads = (bandId: BandId): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: uploadsQuery(bandId).queryKey });

/** Begun, and not on their way from this tab: their page was closed. */
export const unfinishedOf = (
  uploads: readonly Upload[],
  sendings: readonly Sending[],
): readonly Upload[] =>
  uploads.filter(
    ({ id, state }) => state === "receiving" && !sendings.some(({ uploadId }) => uploadId === id),
  );

/** What a file would go on with: as much as can be known of it without sending it. */
export const isFileOf = ({ name, sizeBytes }: Upload, file: File): boolean =>
  file.name.normalize("NFC") === name && file.size === sizeBytes;
