import fc from "fast-check";
import { expect, test } from "vitest";
import { type EditPage, Edits } from "#contract/edits.ts";
import {
  commonOf,
  FIELDS,
  findWrong,
  isEmpty,
  toChanges,
  toChangesOfSeveral,
  toForm,
} from "../../client/app/library/edit-fields.ts";
import { track } from "./tracks.ts";

const SHOWN: EditPage["shown"] = {
  ...{ title: "Foam", artist: "Herons", album: null, albumArtist: null, genre: "Folk" },
  ...{ discNumber: null, trackNumber: 2, year: 1998, recordedOn: "2024-05-01" },
};

const PAGE = {
  shown: SHOWN,
  unedited: { ...SHOWN, title: "Foam (live)", albumArtist: "Seals" },
  blank: ["albumArtist"],
} satisfies Partial<EditPage>;

test("a form that nobody has touched changes nothing", () => {
  expect(isEmpty(toChanges(toForm(PAGE), PAGE))).toBe(true);
});

test("only what was changed is sent, what was emptied stays empty, and the file's goes back to it", () => {
  const form = {
    ...toForm(PAGE),
    title: " Foam (live) ",
    artist: " Low tide ",
    trackNumber: "7",
    genre: "  ",
    year: "1998",
    albumArtist: "Seals",
  };
  expect(toChanges(form, PAGE)).toEqual({
    fields: { title: null, artist: "Low tide", trackNumber: 7, albumArtist: null },
    blank: ["genre"],
  });
  // Nothing is left of an edit of which the file says nothing.
  const edited = { ...PAGE, shown: { ...SHOWN, album: "Tides" } };
  const emptied = { ...toForm(edited), album: "" };
  expect(toChanges(emptied, edited)).toEqual({ fields: { album: null }, blank: [] });
});

test("of several, only what was chosen is sent, and where they differ nothing is common", () => {
  const choices = { artist: "file", genre: "blank", year: { text: " 2024 " } } as const;
  expect(toChangesOfSeveral(choices)).toEqual({
    fields: { artist: null, year: 2024 },
    blank: ["genre"],
  });
  expect(isEmpty(toChangesOfSeveral({}))).toBe(true);
  const tracks = [1, 2].map((at) => track(at, { album: "Tides", year: at }));
  const commons = (["album", "year", "genre"] as const).map((field) => commonOf(tracks, field));
  expect(commons).toEqual(["Tides", undefined, ""]);
});

test("a number that is none is said at its field", () => {
  const form = { ...toForm(PAGE), year: "0", trackNumber: "1.5", discNumber: "" };
  expect(Object.keys(findWrong(form)).toSorted()).toEqual(["trackNumber", "year"]);
});

test("whatever is typed, what is fine in the form is fine for the server", () => {
  const typed = fc.oneof(fc.string(), fc.integer({ min: -9, max: 200_000 }).map(String));
  const forms = fc.record(
    Object.fromEntries(
      FIELDS.map((field) => [field, field === "recordedOn" ? fc.constant("") : typed]),
    ),
  );
  fc.assert(
    fc.property(forms, (given) => {
      const form = { ...toForm(PAGE), ...given };
      const isFine = Object.keys(findWrong(form)).length === 0;
      if (!isFine) return;
      const { fields, blank } = toChanges(form, PAGE);
      expect(Edits.safeParse(fields).success).toBe(true);
      expect(blank.some((field) => field in fields)).toBe(false);
    }),
  );
});
