import type { ListTracks } from "#contract/library.ts";
import type { Db } from "#server/base/db.ts";
import type { Position } from "./cursor.ts";
import { toSearchPatterns } from "./search.ts";
import { toBeginnings } from "./sort-keys.ts";
import * as store from "./store.ts";

type Row = Awaited<ReturnType<typeof store.listTracks>>[number];
type Tier = Required<Pick<store.PageChoice, "sort" | "begins" | "beginsNot">>;
type Wanted = Pick<ListTracks, "search" | "filter" | "direction" | "limit">;

/**
 * A page of what is found, the best first. Each tier is a range of an index in its order and leaves out
 * what was in those before, so that however much is found, a page costs what a page costs; most end
 * with the first tier.
 */
export async function listByRelevance(
  db: Db,
  member: store.Lister,
  { search, filter, direction, limit }: Wanted,
  after: Position | null,
): Promise<Row[]> {
  const patterns = toSearchPatterns(search);
  const tiers = toTiers(search).map((tier, at) => ({ ...tier, at }));
  const ordered = direction === "ascending" ? tiers : tiers.toReversed();
  const place = toPlace(after);
  const rows: Row[] = [];
  let isBefore = place !== null;
  for (const { at, ...tier } of ordered) {
    if (rows.length >= limit) break;
    if (isBefore && at !== place?.tier) continue;
    const page = { ...tier, patterns, filter, direction, limit: limit - rows.length };
    const found = await store.listTracks(db, member, {
      ...page,
      after: isBefore ? (place?.position ?? null) : null,
    });
    isBefore = false;
    rows.push(...found.map((row) => ({ ...row, key: `${at} ${row.key}` })));
  }
  return rows;
}

/** What begins so is a hit in title, artist or album; the rest has the words anywhere. */
function toTiers(search: string): Tier[] {
  if (search.trim() === "") return [{ sort: "title", begins: null, beginsNot: [] }];
  const { exact, title, name } = toBeginnings(search);
  const beginnings: store.Beginning[] = [
    ...(exact === null ? [] : [{ sort: "title", prefix: exact } as const]),
    ...(title === "" ? [] : [{ sort: "title", prefix: title } as const]),
    ...(name === "" ? [] : [{ sort: "artist", prefix: name } as const]),
    ...(name === "" ? [] : [{ sort: "album", prefix: name } as const]),
  ];
  return [
    ...beginnings.map((begins, at) => ({
      ...{ sort: begins.sort, begins, beginsNot: beginnings.slice(0, at) },
    })),
    { sort: "artist", begins: null, beginsNot: beginnings },
  ];
}

/** A key has the number of its tier in front. */
function toPlace(after: Position | null): { tier: number; position: Position } | null {
  if (after === null) return null;
  const [tier = ""] = after.key.split(" ", 1);
  return {
    tier: Number(tier),
    position: { ...after, key: after.key.slice(tier.length + 1) },
  };
}
