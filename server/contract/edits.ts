import { z } from "zod";
import { MOST_EDITED } from "./enough.ts";
import { BandId, EditId, TrackId } from "./ids.ts";
import { TrackWriting } from "./tag-writing.ts";
import { Day, Timestamp } from "./time.ts";

export const LONGEST_TEXT = 500;

/** One line, as tags are: a control character is a space. */
const toLine = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();

const Text = z.string().max(LONGEST_TEXT).overwrite(toLine).nullable();
const number = (most: number) => z.number().int().min(1).max(most).nullable();

const shape = {
  title: Text,
  artist: Text,
  album: Text,
  albumArtist: Text,
  trackNumber: number(99_999),
  discNumber: number(9_999),
  year: number(9_999),
  genre: Text,
  recordedOn: Day.nullable(),
};

export const EditField = z.enum(Object.keys(shape) as (keyof typeof shape)[]);
export type EditField = z.infer<typeof EditField>;

/**
 * What is put in place of what the file or its name says; what is not in it stays as that has it. Where
 * it is kept, `null` says that nothing is shown, whatever the file says.
 */
export const Edits = z.strictObject(shape).partial();
export type Edits = z.infer<typeof Edits>;

/** What the tags of a file say of it, as far as it can be edited; what they do not say is left out. */
export interface FileTags extends Omit<Edits, "recordedOn"> {
  readonly artists?: readonly string[] | null;
  readonly genres?: readonly string[] | null;
  readonly artistSort?: string | null;
  readonly albumSort?: string | null;
  readonly albumArtistSort?: string | null;
}

/** A track, with the newest change of it that the one who edits has seen. */
const Seen = z.strictObject({ trackId: TrackId, version: EditId.nullable() });

export const SaveEdits = z
  .strictObject({
    bandId: BandId,
    tracks: z
      .array(Seen)
      .min(1)
      .max(MOST_EDITED)
      .refine((all) => new Set(all.map(({ trackId }) => trackId)).size === all.length, {
        error: "Name each recording once.",
      }),
    /** Of each: text or a number to show; `null` or nothing but spaces for what the file says. */
    fields: Edits.default({}),
    /** Nothing is shown of these, whatever the file says; a title is then what the name says. */
    blank: z.array(EditField).max(EditField.options.length).default([]),
  })
  .refine(({ fields, blank }) => Object.keys(fields).length + blank.length > 0, {
    error: "Change something first.",
  })
  .refine(({ fields, blank }) => blank.every((field) => !(field in fields)), {
    error: "Either change a field or leave it empty.",
  });
export type SaveEdits = z.infer<typeof SaveEdits>;

/** What is shown of a track, of all that can be edited. */
const Values = z.strictObject({
  title: z.string(),
  artist: z.string().nullable(),
  album: z.string().nullable(),
  albumArtist: z.string().nullable(),
  trackNumber: z.number().int().nullable(),
  discNumber: z.number().int().nullable(),
  year: z.number().int().nullable(),
  genre: z.string().nullable(),
  recordedOn: z.iso.date().nullable(),
});

const Value = z.union([z.string(), z.number()]).nullable();
export type EditValue = z.infer<typeof Value>;

/** What was shown before and after. */
export const EditChange = z.strictObject({ field: EditField, before: Value, after: Value });
export type EditChange = z.infer<typeof EditChange>;

/** One change of what is kept of a track beside its file. Never changed itself. */
export const EditVersion = z.strictObject({
  id: EditId,
  editedAt: Timestamp,
  /** `null` for somebody whose account is gone. */
  editedBy: z.string().nullable(),
  changes: z.array(EditChange),
  /** It brought back how things were at an earlier time. */
  isRestored: z.boolean(),
});
export type EditVersion = z.infer<typeof EditVersion>;

export const ListEdits = z.strictObject({
  trackId: TrackId,
  /** `next` of the page before. */
  cursor: EditId.nullable().default(null),
  limit: z.number().int().min(1).max(100).default(50),
});
export type ListEdits = z.infer<typeof ListEdits>;

export const EditPage = z.strictObject({
  /** The newest change there is, to be sent along with the next one. */
  version: EditId.nullable(),
  shown: Values,
  /** What the file and its name say of each field: what is shown when it is not edited. */
  unedited: Values,
  /** Whether what is shown is in the file too; `null` where nobody wanted that. */
  writing: TrackWriting.nullable(),
  /** The fields that show what somebody has put there instead, and those that were left empty. */
  edited: z.array(EditField),
  blank: z.array(EditField),
  /** The newest first. */
  versions: z.array(EditVersion),
  next: EditId.nullable(),
});
export type EditPage = z.infer<typeof EditPage>;

export const RestoreEdits = z.strictObject({
  trackId: TrackId,
  /** As it was right after this change; `null`: as the file has it. */
  editId: EditId.nullable(),
  version: EditId.nullable(),
});
export type RestoreEdits = z.infer<typeof RestoreEdits>;

export const WatchEdits = z.strictObject({ bandId: BandId });

/** How far people have come who edit tracks of a band, or name them by a rule. */
export const LibraryChanged = z.strictObject({
  /** Another one after each change; opaque. */
  mark: z.string(),
  /** A naming rule is being applied: more will follow. */
  isGoingOn: z.boolean(),
});
export type LibraryChanged = z.infer<typeof LibraryChanged>;
