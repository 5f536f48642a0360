import type { JellyfinProduct } from "#contract/jellyfin.ts";

/** Jellyfin has GUIDs; an Emby has them too, and numbers. */
const patterns: Readonly<Record<JellyfinProduct, RegExp>> = {
  jellyfin: /^[0-9a-f]{32}$/,
  emby: /^[0-9a-f]{1,32}$/,
};

/**
 * The ids from the library down to the item, which its address is made of: an id alone would not tell
 * where the item is shown.
 *
 * @returns `undefined` for what is no address.
 */
export function parseRef(ref: string, product: JellyfinProduct): readonly string[] | undefined {
  const ids = ref.split("/");
  return ids.every((id) => patterns[product].test(id)) ? ids : undefined;
}

export const toRef = (ids: readonly string[]): string => ids.join("/");
