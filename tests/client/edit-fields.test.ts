import fc from "fast-check";
import { expect, test } from "vitest";
import { type EditPage, Edits } from "#contract/edits.ts";
import { FIELDS, findWrong, toEdits, toForm } from "../../client/app/library/edit-fields.ts";

const SHOWN: EditPage["shown"] = {
  ...{ title: "Foam", artist: "Herons", album: null, albumArtist: null, genre: "Folk" },
  ...{ discNumber: null, trackNumber: 2, year: 1998, recordedOn: "2024-05-01" },
};

test("a form that nobody has touched changes nothing", () => {
  expect(toEdits(toForm(SHOWN), SHOWN)).toEqual({});
});

test("only what was changed is sent, and what was emptied goes back to the file", () => {
  const form = {
    ...toForm(SHOWN),
    title: " Low tide ",
    trackNumber: "7",
    genre: "  ",
    year: "1998",
  };
  expect(toEdits(form, SHOWN)).toEqual({ title: "Low tide", trackNumber: 7, genre: null });
});

test("a number that is none is said at its field", () => {
  const form = { ...toForm(SHOWN), year: "0", trackNumber: "1.5", discNumber: "" };
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
      const form = { ...toForm(SHOWN), ...given };
      const isFine = Object.keys(findWrong(form)).length === 0;
      if (isFine) expect(Edits.safeParse(toEdits(form, SHOWN)).success).toBe(true);
    }),
  );
});
