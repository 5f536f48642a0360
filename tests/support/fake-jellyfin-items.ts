import { createHash } from "node:crypto";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import type { PathStyle } from "./fake-jellyfin-library.ts";
import type { FileNode, FolderNode } from "./fault-tree.ts";

export interface FoundItem {
  readonly id: string;
  readonly path: string;
  readonly node: FileNode | FolderNode;
  /** Of a library, its CollectionType; `undefined` below. */
  readonly kind: string | null | undefined;
}

/**
 * What a listing can be asked for besides, of the many that there are.
 *
 * @see https://typescript-sdk.jellyfin.org/variables/generated-client.ItemFields.html
 * @see https://dev.emby.media/reference/RestAPI/ItemsService/getItems.html
 */
export const itemFields: Readonly<Record<JellyfinProduct, readonly string[]>> = {
  jellyfin: ["DateCreated", "Etag", "MediaSources", "ParentId", "Path", "SortName"],
  emby: ["DateCreated", "Etag", "MediaSources", "ParentId", "Path", "Size", "SortName"],
};

interface Told {
  readonly product: JellyfinProduct;
  readonly fields: readonly string[];
  readonly style: PathStyle;
}

/** A BaseItemDto: DtoService.cs, AttachBasicFields. */
export function toDto(item: FoundItem, told: Told): Record<string, unknown> {
  const { id, node, kind } = item;
  const diskPath = toDiskPath(item, told.style);
  const asked = {
    Path: diskPath,
    Etag: createHash("md5").update(node.etag).digest("hex"),
    Size: node.kind === "file" ? node.sizeBytes : undefined,
    MediaSources: node.kind === "file" ? [toMediaSource(item, node, diskPath)] : undefined,
  };
  return {
    Name: titleOf(item),
    ServerId: "0".repeat(32),
    Id: id,
    ...(node.kind === "file"
      ? { IsFolder: false, Type: "Audio", MediaType: "Audio", Container: containerOf(item.path) }
      : { IsFolder: true, Type: kind === undefined ? "Folder" : "CollectionFolder" }),
    ...(kind ? { CollectionType: kind } : {}),
    ...Object.fromEntries(Object.entries(asked).filter(([name]) => told.fields.includes(name))),
  };
}

const toMediaSource = ({ id, path }: FoundItem, node: FileNode, diskPath: string | undefined) => ({
  Id: id,
  Protocol: "File",
  Container: containerOf(path),
  Path: diskPath,
  Size: node.sizeBytes,
  MediaStreams: [{ Codec: "mp3", Type: "Audio", Index: 0 }],
});

/** Of a library it is where its own settings lie, which is nobody's music. */
function toDiskPath({ path, kind }: FoundItem, style: PathStyle): string | undefined {
  if (style === "hidden") return undefined;
  if (kind !== undefined) return `/config/root/default/library of ${path}`;
  return style === "posix" ? `/srv/media/${path}` : `D:\\media\\${path.replaceAll("/", "\\")}`;
}

/** A title is what tags say; here what is left of a file's name. */
function titleOf({ path, node }: FoundItem): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return node.kind === "file" ? name.replace(/\.\w+\s*$/, "").trim() : name;
}

const containerOf = (path: string): string => /\.(\w+)\s*$/.exec(path)?.[1]?.toLowerCase() ?? "mp3";
