import type { EditField, EditPage, Edits, EditValue } from "#contract/edits.ts";
import { edits as words } from "../words/edits.ts";

/** In the order in which they are asked for. */
export const FIELDS = [
  "title",
  "artist",
  "album",
  "albumArtist",
  "discNumber",
  "trackNumber",
  "year",
  "genre",
  "recordedOn",
] as const satisfies readonly EditField[];

const MOST: Readonly<Partial<Record<EditField, number>>> = {
  discNumber: 9_999,
  trackNumber: 99_999,
  year: 9_999,
};

export type EditForm = Readonly<Record<EditField, string>>;

export const isNumber = (field: EditField): boolean => MOST[field] !== undefined;

export const toForm = (shown: EditPage["shown"]): EditForm =>
  Object.fromEntries(FIELDS.map((field) => [field, String(shown[field] ?? "")])) as EditForm;

/** @returns a sentence for each field that cannot be saved so. */
export const findWrong = (form: EditForm): Partial<Record<EditField, string>> =>
  Object.fromEntries(
    FIELDS.flatMap((field) => {
      const most = MOST[field];
      const value = form[field].trim();
      if (most === undefined || value === "") return [];
      const isFine = /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= most;
      return isFine ? [] : [[field, words.notNumber(most)]];
    }),
  );

/** What was changed; a field that was emptied goes back to what the file says. */
export function toEdits(form: EditForm, shown: EditPage["shown"]): Edits {
  const before = toForm(shown);
  const changed = FIELDS.filter((field) => form[field].trim() !== before[field]);
  return Object.fromEntries(
    changed.map((field) => {
      const value = form[field].trim();
      if (value === "") return [field, null];
      return [field, isNumber(field) ? Number(value) : value];
    }),
  );
}

export function speakValue(field: EditField, value: EditValue): string {
  if (value === null) return words.nothing;
  return field === "recordedOn" ? words.day(String(value)) : String(value);
}
