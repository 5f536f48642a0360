import { z } from "zod";
import { parseEtag } from "#server/storage/etag.ts";
import { Guid } from "#server/storage/media-server.ts";

const Size = z.number().int().nonnegative().nullish().catch(null);

/**
 * A BaseItemDto, of which everything but the id may be left out.
 *
 * @see https://api.jellyfin.org/#tag/Items/operation/GetItems
 * @see https://dev.emby.media/reference/RestAPI/UserLibraryService/getUsersByUseridItemsById.html
 */
export const Item = z.object({
  Id: Guid,
  Name: z.string().nullish(),
  Type: z.string().nullish(),
  IsFolder: z.boolean().nullish(),
  MediaType: z.string().nullish(),
  CollectionType: z.string().nullish(),
  Container: z.string().nullish(),
  Etag: z.string().nullish(),
  Path: z.string().nullish(),
  /** Emby's own. */
  Size,
  MediaSources: z.array(z.object({ Path: z.string().nullish(), Size })).nullish(),
});
export type Item = z.infer<typeof Item>;

export const Items = z.object({
  Items: z.array(Item),
  TotalRecordCount: z.number().int().nonnegative(),
});
export type Items = z.infer<typeof Items>;

/** Albums and artists that are folders on the disk are folders; what was put together by hand is none. */
export const isFolder = ({ IsFolder, Type }: Item): boolean =>
  IsFolder === true && Type !== "Playlist" && Type !== "BoxSet";

export const isAudio = (item: Item): boolean =>
  item.IsFolder !== true && item.MediaType === "Audio";

/** Of a mixed library or one of videos nothing is shown. */
export const isMusicLibrary = ({ CollectionType }: Item): boolean => CollectionType === "music";

/** As the folder is called on the disk; a library is called as people named it. */
export function folderName(item: Item): string {
  const isLibrary = item.Type === "CollectionFolder" || item.Type === "UserView";
  return (isLibrary ? undefined : lastPart(item.Path)) ?? toName(item);
}

/** As the file is called on the disk. Where an account may not see that: title and kind. */
export function fileName(item: Item): string {
  const known = lastPart(item.Path) ?? lastPart(item.MediaSources?.[0]?.Path);
  if (known !== undefined) return known;
  const [kind] = (item.Container ?? "").split(",");
  return kind && /^\w{1,8}$/.test(kind) ? `${toName(item)}.${kind}` : toName(item);
}

export const sizeOf = ({ MediaSources, Size }: Item): number | null =>
  MediaSources?.[0]?.Size ?? Size ?? null;

/**
 * Another one whenever the server has noticed a change. It is the item's, not the file's, so it is
 * weak, and compared to nothing that comes with bytes.
 */
export const etagOf = ({ Etag }: Item): string | null =>
  Etag ? parseEtag(`W/"${Etag.replaceAll('"', "")}"`) : null;

/** A backslash is a part of a name where paths are not those of Windows. */
function lastPart(path: string | null | undefined): string | undefined {
  if (!path) return undefined;
  const isWindows = /^([a-z]:[\\/]|\\\\)/i.test(path);
  return path.split(isWindows ? /[\\/]/ : "/").findLast((part) => part !== "");
}

/** A title may have a slash, which would look like a folder. */
const toName = ({ Name, Id }: Item): string => (Name?.trim() || Id).replaceAll("/", "-");
