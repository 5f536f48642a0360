import { describe, expect, test } from "vitest";
import { ListTracks } from "#contract/library.ts";
import { refusalOf } from "#sdk/index.ts";
import type { Actor } from "#server/base/actor.ts";
import { listTracks as listAs } from "#server/library/service.ts";
import { annasStorage, type StorageWorld } from "#tests/support/world.ts";
import { flac } from "./made-audio.ts";

const COUNT = 10;

const library = (): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    for (let at = 0; at < COUNT; at += 1) {
      const TITLE = at < 3 ? `Take ${at}` : `Song ${at}`;
      cloud.tree.put(`${at}.flac`, flac({ TITLE }, 1));
    }
  });

async function idsBy(
  { anna, bandId }: StorageWorld,
  how: Partial<ListTracks>,
  limit = 200,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const list = { ...how, bandId, cursor, limit };
    const page: Awaited<ReturnType<typeof anna.api.library.tracks.list.query>> =
      await anna.api.library.tracks.list.query(list);
    ids.push(...page.tracks.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

describe("an order that is drawn", () => {
  test("has each track once, in pages of any size, both ways, and is another for each seed", async () => {
    const world = await library();
    const usual = await idsBy(world, {});
    const orders = new Set<string>();
    for (let seed = 0; seed < 6; seed += 1) {
      const drawn = await idsBy(world, { seed });
      expect(drawn.toSorted()).toEqual(usual.toSorted());
      expect(await idsBy(world, { seed }, 3)).toEqual(drawn);
      expect(await idsBy(world, { seed, direction: "descending" }, 4)).toEqual(drawn.toReversed());
      orders.add(drawn.join());
    }
    expect(orders.size).toBe(6);
    const some = await idsBy(world, { seed: 7, search: "take", sort: "relevance" }, 2);
    const all = await idsBy(world, { seed: 7 });
    expect(some).toHaveLength(3);
    expect(all.filter((id) => some.includes(id))).toEqual(some);
    const { next } = await world.anna.api.library.tracks.list.query({
      ...{ bandId: world.bandId, seed: 1, limit: 2 },
    });
    for (const seed of [2, null]) {
      const other = world.anna.api.library.tracks.list.query({
        ...{ bandId: world.bandId, seed, cursor: next },
      });
      expect(await other.catch(refusalOf)).toMatchObject({ code: "invalid_input" });
    }
  });

  test("puts every track in every place as often as any other", async () => {
    const { server, bandId, anna } = await library();
    const { user } = await anna.api.auth.me.query();
    const actor = { userId: user.id } as Actor;
    const draws = 300;
    const ids = new Map<string, number>();
    const counts = Array.from({ length: COUNT }, () => Array<number>(COUNT).fill(0));
    const follows = Array.from({ length: COUNT }, () => Array<number>(COUNT).fill(0));
    for (let seed = 0; seed < draws; seed += 1) {
      const list = ListTracks.parse({ bandId, seed });
      const { tracks } = await listAs(server.deps, actor, list);
      const order = tracks.map(({ id }) => {
        if (!ids.has(id)) ids.set(id, ids.size);
        return ids.get(id) ?? -1;
      });
      for (const [place, which] of order.entries()) {
        (counts[place] as number[])[which] = (counts[place]?.[which] ?? 0) + 1;
        const before = order[place - 1];
        if (before === undefined) continue;
        (follows[before] as number[])[which] = (follows[before]?.[which] ?? 0) + 1;
      }
    }
    const chiSquareOf = (cells: readonly number[], expected: number) =>
      cells.reduce((sum, cell) => sum + (cell - expected) ** 2 / expected, 0);
    // 81 and 71 degrees of freedom: a fair draw is beyond that once in many millions.
    expect(chiSquareOf(counts.flat(), draws / 10)).toBeLessThan(160);
    const pairs = follows.flatMap((row, before) => row.filter((_, which) => which !== before));
    expect(chiSquareOf(pairs, (draws * 9) / 90)).toBeLessThan(160);
  }, 120_000);
});
