import { describe, expect, test } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { type KnownTrack, reunite } from "#server/library/reunion.ts";

const known = (id: string, ref: string, more: Partial<KnownTrack> = {}): KnownTrack => ({
  id: id as TrackId,
  fingerprint: `content of ${id}`,
  isThere: true,
  isRead: false,
  place: {
    ref,
    path: ref,
    fileId: null,
    sizeBytes: 5,
    etag: `"${ref}"`,
    modifiedAt: null,
    isMissing: false,
    missingSince: null,
  },
  ...more,
});

const gone = (id: string, ref: string): KnownTrack =>
  known(id, ref, { isThere: false, isRead: true });
const fresh = (id: string, ref: string): KnownTrack => known(id, ref, { fingerprint: null });
const holds = (ref: string, id: string) => ({ ref, fingerprint: `content of ${id}` });

describe("what was read is recognised by its content", () => {
  test("a new file with the content of a track that is gone is that track", () => {
    const reunion = reunite([holds("new.mp3", "a")], [fresh("n", "new.mp3"), gone("a", "old.mp3")]);
    expect(reunion.removed).toEqual(["n"]);
    expect(reunion.trackAt.get("new.mp3")).toBe("a");
    expect(reunion.placed.get("a" as TrackId)).toMatchObject({ ref: "new.mp3", etag: '"new.mp3"' });
    expect(reunion.exchanged).toBe(0);
  });

  test("a copy is a track of its own", () => {
    const original = known("a", "old.mp3", { isRead: true });
    const reunion = reunite([holds("copy.mp3", "a")], [fresh("n", "copy.mp3"), original]);
    expect(reunion.removed).toEqual([]);
    expect(reunion.trackAt.get("copy.mp3")).toBe("n");
  });

  test("a new file does not take the content of one that has only changed", () => {
    const changed = known("a", "old.mp3");
    const reunion = reunite([holds("copy.mp3", "a")], [fresh("n", "copy.mp3"), changed]);
    expect(reunion.trackAt.get("copy.mp3")).toBe("n");
    expect(reunion.trackAt.get("old.mp3")).toBe("a");
  });

  test("two copies of one lost file: one is it, the other is new", () => {
    const reunion = reunite(
      [holds("x/1.mp3", "a"), holds("y/song.mp3", "a")],
      [fresh("m", "x/1.mp3"), fresh("n", "y/song.mp3"), gone("a", "old/song.mp3")],
    );
    expect(reunion.removed).toEqual(["m"]);
    expect(reunion.trackAt.get("y/song.mp3")).toBe("n");
  });

  test("of several lost files with one content, the one of the same name comes back", () => {
    const tracks = [
      fresh("n", "new/two.mp3"),
      { ...gone("a", "old/one.mp3"), fingerprint: "same" },
      { ...gone("b", "old/two.mp3"), fingerprint: "same" },
    ];
    const reunion = reunite([{ ref: "new/two.mp3", fingerprint: "same" }], tracks);
    expect(reunion.trackAt.get("new/two.mp3")).toBe("b");
  });

  test("files that were swapped take their tracks with them", () => {
    const tracks = [known("a", "1.mp3"), known("b", "2.mp3")];
    const reunion = reunite([holds("1.mp3", "b"), holds("2.mp3", "a")], tracks);
    expect(Object.fromEntries(reunion.trackAt)).toEqual({ "1.mp3": "b", "2.mp3": "a" });
    expect(reunion.exchanged).toBe(1);
    expect(reunion.removed).toEqual([]);
  });

  test("files that were swapped in a ring do too", () => {
    const tracks = [known("a", "1.mp3"), known("b", "2.mp3"), known("c", "3.mp3")];
    const contents = [holds("1.mp3", "c"), holds("2.mp3", "a"), holds("3.mp3", "b")];
    const reunion = reunite(contents, tracks);
    expect(Object.fromEntries(reunion.trackAt)).toEqual({
      "1.mp3": "c",
      "2.mp3": "a",
      "3.mp3": "b",
    });
    expect(reunion.placed.get("a" as TrackId)).toMatchObject({ ref: "2.mp3", path: "2.mp3" });
  });

  test("a file that was moved over another leaves that one without a place", () => {
    const tracks = [known("a", "1.mp3"), gone("b", "2.mp3")];
    const reunion = reunite([holds("1.mp3", "b")], tracks);
    expect(reunion.trackAt.get("1.mp3")).toBe("b");
    expect(reunion.placed.get("a" as TrackId)).toMatchObject({ ref: "2.mp3" });
  });

  test("a changed file that is like no other stays who it is", () => {
    const reunion = reunite([holds("1.mp3", "nobody")], [known("a", "1.mp3"), gone("b", "2.mp3")]);
    expect(reunion.trackAt.get("1.mp3")).toBe("a");
    expect(reunion.placed.size).toBe(0);
  });
});
