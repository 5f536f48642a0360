import type { TrackId } from "#contract/ids.ts";
import type { Named } from "./m3u.ts";

export interface Candidate {
  readonly id: TrackId;
  readonly path: string;
}

/** By what candidates are looked up. */
export const toFileKey = (name: string): string => name.normalize("NFC").toLowerCase();

/**
 * Which recording a line means: the one whose path ends like it, as far up as any does. The name of the
 * file alone is enough only where no other file is called so.
 *
 * @param candidates - all whose file is called like one of the lines', in the order of their paths.
 */
export function createMatcher(
  candidates: readonly Candidate[],
): (parts: NonNullable<Named["parts"]>) => TrackId | undefined {
  const byName = new Map<string, { id: TrackId; keys: readonly string[] }[]>();
  for (const { id, path } of candidates) {
    const keys = path.split("/").map(toFileKey).toReversed();
    const name = keys[0] ?? "";
    byName.set(name, [...(byName.get(name) ?? []), { id, keys }]);
  }
  return (parts) => {
    const wanted = parts.map(toFileKey).toReversed();
    const called = byName.get(wanted[0] ?? "") ?? [];
    let best: { readonly id: TrackId; readonly length: number } | undefined;
    for (const { id, keys } of called) {
      const length = countCommon(keys, wanted);
      if (!best || length > best.length) best = { id, length };
    }
    return best && (best.length > 1 || called.length === 1) ? best.id : undefined;
  };
}

function countCommon(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
