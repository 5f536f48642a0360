import { expect, test, vi } from "vitest";
import type { BandId, ConnectionId } from "#contract/ids.ts";

const band = "00000000-0000-7000-8000-00000000000b" as BandId;
const other = "00000000-0000-7000-8000-0000000000bb" as BandId;
const connection = "00000000-0000-7000-8000-00000000000c" as ConnectionId;

/** The lists that a tab keeps, and somebody signed in to it. */
async function annasTab() {
  // The client takes the server's address from the page's.
  vi.stubGlobal("location", { origin: "http://127.0.0.1:9" });
  vi.resetModules();
  const { openTrackList } = await import("../../client/app/library/track-lists.ts");
  const { endSession, noteSignedIn } = await import("../../client/app/auth/session.ts");
  noteSignedIn({ user: { name: "Anna" } } as never);
  return { openTrackList, endSession };
}

test("who comes back to a list finds it as it was left", async () => {
  const { openTrackList } = await annasTab();
  const kept = openTrackList(band, { q: "take" });
  kept.scrollTop = 4711;
  openTrackList(band, {});
  expect(openTrackList(band, { q: "take" })).toBe(kept);
});

test("each search, order, filter, storage and band is a list of its own", async () => {
  const { openTrackList } = await annasTab();
  const lists = [
    openTrackList(band, {}),
    openTrackList(other, {}),
    openTrackList(band, { q: "take" }),
    openTrackList(band, { dir: "desc" }),
    openTrackList(band, { state: "missing" }),
    openTrackList(band, { connection }),
  ];
  expect(new Set(lists).size).toBe(lists.length);
});

test("of many lists those that were visited last are kept", async () => {
  const { openTrackList } = await annasTab();
  const [first, second] = [openTrackList(band, { q: "1" }), openTrackList(band, { q: "2" })];
  for (const q of ["3", "4", "5", "6"]) openTrackList(band, { q });
  expect(openTrackList(band, { q: "1" })).toBe(first);
  openTrackList(band, { q: "7" });
  expect(openTrackList(band, { q: "1" })).toBe(first);
  expect(openTrackList(band, { q: "2" })).not.toBe(second);
});

test("who signs in after somebody else finds nothing of theirs", async () => {
  const { openTrackList, endSession } = await annasTab();
  const annas = openTrackList(band, {});
  endSession("signed_out");
  expect(openTrackList(band, {})).not.toBe(annas);
});
