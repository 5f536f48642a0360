import type { Credential } from "./credential.ts";

/** Each page is asked for with all that is said of its items. */
export const PAGE_ITEMS = 500;

/** The addresses of what is asked for, in the words of one product. */
export interface Dialect {
  libraries(): string;
  /** @returns the address of one item, or of a list with it. */
  item(id: string): string;
  children(id: string, start: number): string;
  /** Of all recordings below, the one that came last; of those only that were saved since. */
  newest(id: string, since: string | null): string;
  /** The original bytes, which need no right to download and are not written down as a download. */
  file(id: string): string;
  /** The same for who may play and nothing else. Without `static` it would be transcoded. */
  stream(id: string): string;
}

type Values = Readonly<Record<string, string | readonly string[]>>;

/** Sizes and paths are said with the media sources. */
const FIELDS = ["Path", "MediaSources", "Etag"];

/**
 * Jellyfin from 10.9 on: the account is a parameter, and lists are repeated.
 *
 * @see https://api.jellyfin.org/#tag/Items/operation/GetItems
 */
export function toJellyfinDialect({ account }: Pick<Credential, "account">): Dialect {
  const own: Values = account ? { userId: account.id } : {};
  return {
    // What an API key may read is nobody's view.
    libraries: () => (account ? `UserViews${query(own)}` : "Library/MediaFolders"),
    item: (id) => `Items/${id}${query(own)}`,
    children: (id, start) =>
      `Items${query({
        ...own,
        parentId: id,
        recursive: "false",
        sortBy: "SortName",
        startIndex: String(start),
        limit: String(PAGE_ITEMS),
        fields: FIELDS,
        enableUserData: "false",
        enableImages: "false",
      })}`,
    newest: (id, since) =>
      `Items${query({
        ...own,
        parentId: id,
        recursive: "true",
        includeItemTypes: "Audio",
        sortBy: "DateCreated",
        sortOrder: "Descending",
        limit: "1",
        enableUserData: "false",
        enableImages: "false",
        ...(since === null ? {} : { minDateLastSaved: since }),
      })}`,
    file: (id) => `Items/${id}/File`,
    stream: (id) => `Audio/${id}/stream?static=true`,
  };
}

/**
 * Emby: the account is in the path, and lists have commas.
 *
 * @see https://dev.emby.media/doc/restapi/Browsing-the-Library.html
 */
export function toEmbyDialect({ account }: Pick<Credential, "account">): Dialect {
  const of = account ? `Users/${account.id}/` : "";
  const fields = [...FIELDS, "Size"].join(",");
  return {
    libraries: () => (account ? `${of}Views` : "Library/MediaFolders"),
    // Only accounts have an address for one item.
    item: (id) => (account ? `${of}Items/${id}` : `Items${query({ Ids: id, Fields: fields })}`),
    children: (id, start) =>
      `${of}Items${query({
        ParentId: id,
        Recursive: "false",
        SortBy: "SortName",
        StartIndex: String(start),
        Limit: String(PAGE_ITEMS),
        Fields: fields,
        EnableUserData: "false",
        EnableImages: "false",
      })}`,
    newest: (id, since) =>
      `${of}Items${query({
        ParentId: id,
        Recursive: "true",
        IncludeItemTypes: "Audio",
        SortBy: "DateCreated",
        SortOrder: "Descending",
        Limit: "1",
        EnableUserData: "false",
        EnableImages: "false",
        ...(since === null ? {} : { MinDateLastSaved: since }),
      })}`,
    file: (id) => `Items/${id}/File`,
    stream: (id) => `Audio/${id}/stream?Static=true`,
  };
}

function query(values: Values): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}
