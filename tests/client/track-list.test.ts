import { expect, test } from "vitest";
import type { Track, TrackPage } from "#contract/library.ts";
import { createTrackList } from "../../client/app/library/track-list.ts";
import { settle } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

/** A library in pages of ten, which counts how often it is asked. */
function libraryOf(all: readonly Track[]) {
  const library = {
    all,
    asked: 0,
    isDown: false,
    /** What pages but the first wait for. */
    held: Promise.resolve(),
    async fetchPage(cursor: string | null): Promise<TrackPage> {
      library.asked += 1;
      const { all: then } = library;
      await (cursor === null ? settle() : library.held);
      if (library.isDown) throw new Error("down");
      const from = Number(cursor ?? 0);
      const end = from + 10;
      return {
        tracks: then.slice(from, end),
        next: end < then.length ? String(end) : null,
        total: cursor === null ? then.length : null,
        correctedSearch: null,
      };
    },
  };
  return library;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isSo(); turn += 1) await settle();
  expect(isSo()).toBe(true);
}

const isIdle = (list: ReturnType<typeof createTrackList>) => () => !list.state.get().isLoading;

test("a list knows its length from the first page, and loads no more than is looked at", async () => {
  const library = libraryOf(tracks(1, 95));
  const list = createTrackList(library.fetchPage);
  list.want(0);
  await until(isIdle(list));
  expect(list.state.get()).toMatchObject({ total: 95, loaded: 10 });
  expect(library.asked).toBe(1);
});

test("whoever jumps far gets every page on the way, once, however often they scroll", async () => {
  const library = libraryOf(tracks(1, 95));
  const list = createTrackList(library.fetchPage);
  for (const index of [0, 5, 40, 41, 80]) list.want(index);
  await until(isIdle(list));
  const { rows, loaded } = list.state.get();
  expect(loaded).toBe(90);
  expect(library.asked).toBe(9);
  expect(rows.map(({ title }) => title)).toEqual(tracks(1, 90).map(({ title }) => title));
});

test("what was loaded stays when the next page fails, and comes with another try", async () => {
  const library = libraryOf(tracks(1, 30));
  const list = createTrackList(library.fetchPage);
  list.want(0);
  await until(isIdle(list));
  library.isDown = true;
  list.want(15);
  await until(isIdle(list));
  expect(list.state.get()).toMatchObject({ loaded: 10, error: new Error("down") });
  library.isDown = false;
  list.want(16);
  expect(list.state.get().isLoading, "it asks again only when told to").toBe(false);
  list.retry();
  await until(isIdle(list));
  expect(list.state.get()).toMatchObject({ loaded: 20, error: null });
});

test("a list that is loaded again while a page is on its way has nothing of the old one", async () => {
  const library = libraryOf(tracks(1, 30));
  const list = createTrackList(library.fetchPage);
  list.want(0);
  await until(isIdle(list));
  const old = Promise.withResolvers<void>();
  library.held = old.promise;
  list.want(25);
  library.all = [track(77, { title: "New" })];
  await list.reload();
  old.resolve();
  for (let turn = 0; turn < 10; turn += 1) await settle();
  const { rows, loaded, total } = list.state.get();
  expect({ titles: rows.map(({ title }) => title), loaded, total }).toEqual({
    titles: ["New"],
    loaded: 1,
    total: 1,
  });
});

test("a list that was loaded again goes on from its own pages", async () => {
  const library = libraryOf(tracks(1, 30));
  const list = createTrackList(library.fetchPage);
  list.want(25);
  await until(isIdle(list));
  await list.reload();
  expect(list.state.get().loaded).toBe(10);
  list.want(12);
  await until(isIdle(list));
  expect(list.state.get().loaded).toBe(20);
});

test("two lists share nothing", async () => {
  const one = createTrackList(libraryOf(tracks(1, 3)).fetchPage);
  const two = createTrackList(libraryOf(tracks(4, 5)).fetchPage);
  one.want(0);
  two.want(0);
  await until(isIdle(one));
  await until(isIdle(two));
  expect(one.state.get().rows).toHaveLength(3);
  expect(two.state.get().rows).toHaveLength(2);
});

test("the end of a list is its length, whatever was counted at first", async () => {
  const library = libraryOf(tracks(1, 12));
  const list = createTrackList(async (cursor) => {
    const page = await library.fetchPage(cursor);
    return { ...page, total: page.total === null ? null : 500 };
  });
  list.want(400);
  await until(isIdle(list));
  expect(list.state.get()).toMatchObject({ total: 12, loaded: 12 });
});

test("trying again while a page is on its way asks for nothing twice", async () => {
  const library = libraryOf(tracks(1, 30));
  const list = createTrackList(library.fetchPage);
  list.want(0);
  list.retry();
  await until(isIdle(list));
  expect(library.asked).toBe(1);
  expect(list.state.get().loaded).toBe(10);
});

test("of two reloads the later one is shown, whichever answers first", async () => {
  const answers = [tracks(1, 1), tracks(2, 2), tracks(3, 3)].map((page) => ({
    page: { tracks: page, next: null, total: 1, correctedSearch: null },
    ...Promise.withResolvers<TrackPage>(),
  }));
  let asked = 0;
  const list = createTrackList(() => {
    asked += 1;
    return answers[asked - 1]?.promise ?? Promise.reject(new Error("asked too often"));
  });
  answers[0]?.resolve(answers[0].page);
  list.want(0);
  await until(isIdle(list));
  const reloads = [list.reload(), list.reload()];
  answers[2]?.resolve(answers[2].page);
  await settle();
  answers[1]?.resolve(answers[1].page);
  await Promise.all(reloads);
  expect(list.state.get().rows.map(({ title }) => title)).toEqual(["Track 3"]);
});
