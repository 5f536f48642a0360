import type { EditField, EditPage, EditValue, SaveEdits } from "#contract/edits.ts";
import type { Track } from "#contract/library.ts";
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

/** What was left empty is empty, whatever stands there instead of it. */
export const toForm = ({ shown, blank }: Pick<EditPage, "shown" | "blank">): EditForm =>
  Object.fromEntries(
    FIELDS.map((field) => [field, blank.includes(field) ? "" : textOf(shown[field])]),
  ) as EditForm;

export const textOf = (value: EditValue): string => String(value ?? "");

/** @returns a sentence for each field that cannot be saved so. */
export const findWrong = (form: Partial<EditForm>): Partial<Record<EditField, string>> =>
  Object.fromEntries(
    FIELDS.flatMap((field) => {
      const most = MOST[field];
      const value = form[field]?.trim() ?? "";
      if (most === undefined || value === "") return [];
      const isFine = /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= most;
      return isFine ? [] : [[field, words.notNumber(most)]];
    }),
  );

type Changes = Pick<SaveEdits, "fields" | "blank">;

/** What was changed: to what the file says, to nothing where it says something, or to what was typed. */
export function toChanges(form: EditForm, page: Pick<EditPage, "shown" | "blank" | "unedited">) {
  const before = toForm(page);
  const changed = FIELDS.filter((field) => form[field].trim() !== before[field]);
  return merge(
    changed.map((field): Changes => {
      const text = form[field].trim();
      if (text === textOf(page.unedited[field])) return { fields: { [field]: null }, blank: [] };
      return text === "" ? { fields: {}, blank: [field] } : typed(field, text);
    }),
  );
}

/** What is done to a field of several recordings; a field without one stays as it is in each. */
export type Choice = "file" | "blank" | { readonly text: string };
export type Choices = Readonly<Partial<Record<EditField, Choice>>>;

export const toChangesOfSeveral = (choices: Choices): Changes =>
  merge(
    FIELDS.map((field): Changes => {
      const choice = choices[field];
      if (choice === "file") return { fields: { [field]: null }, blank: [] };
      if (choice === "blank") return { fields: {}, blank: [field] };
      return choice ? typed(field, choice.text.trim()) : { fields: {}, blank: [] };
    }),
  );

/** What all of them show; `undefined` where they differ. */
export function commonOf(tracks: readonly Track[], field: EditField): string | undefined {
  const [first, ...others] = new Set(tracks.map((track) => textOf(track[field])));
  return others.length === 0 ? first : undefined;
}

export const isEmpty = ({ fields, blank }: Changes): boolean =>
  Object.keys(fields).length + blank.length === 0;

const typed = (field: EditField, text: string): Changes => ({
  fields: { [field]: isNumber(field) ? Number(text) : text },
  blank: [],
});

const merge = (all: readonly Changes[]): Changes => ({
  fields: Object.assign({}, ...all.map(({ fields }) => fields)),
  blank: all.flatMap(({ blank }) => blank),
});

export function speakValue(field: EditField, value: EditValue): string {
  if (value === null) return words.nothing;
  return field === "recordedOn" ? words.day(String(value)) : String(value);
}
