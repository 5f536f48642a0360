import { z } from "zod";
import { BandId, ConnectionId, RehearsalId, TrackId } from "./ids.ts";
import { Track } from "./library.ts";
import { Day, Timestamp } from "./time.ts";

/** A rehearsal has so many takes at most. */
export const MOST_TAKES = 500;
/** Letters of its notes. */
export const LONGEST_NOTES = 10_000;

/** A day where the band was. */
const HeldOn = Day;
const Title = z.string().trim().min(1, "Give it a title").max(200);
const Notes = z.string().trim().max(LONGEST_NOTES);

/** A day on which a band has played; what was recorded then are its takes. */
export const Rehearsal = z.strictObject({
  id: RehearsalId,
  bandId: BandId,
  heldOn: HeldOn,
  title: z.string(),
  /** Plain text, for the band alone. */
  notes: z.string(),
  /** Missing ones too. */
  takeCount: z.number().int(),
  /** Of all whose length is known. */
  durationMs: z.number().int(),
  /** Of the first take that has one. */
  cover: z.strictObject({ id: TrackId, coverHash: z.string() }).nullable(),
  /** `null` for somebody who is not here any more. */
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Rehearsal = z.infer<typeof Rehearsal>;

/** With its takes, in the order of their files: 'Take 2' before 'Take 10'. */
export const WholeRehearsal = Rehearsal.extend({ takes: z.array(Track) });
export type WholeRehearsal = z.infer<typeof WholeRehearsal>;

/** The newest day first. */
export const ListRehearsals = z.strictObject({
  bandId: BandId,
  /** `next` of the page before; opaque. */
  cursor: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}_[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    .refine((cursor) => Day.safeParse(cursor.slice(0, 10)).success)
    .nullable()
    .default(null),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListRehearsals = z.infer<typeof ListRehearsals>;

export const RehearsalPage = z.strictObject({
  rehearsals: z.array(Rehearsal),
  next: z.string().nullable(),
});
export type RehearsalPage = z.infer<typeof RehearsalPage>;

export const OneRehearsal = z.strictObject({ rehearsalId: RehearsalId });
export type OneRehearsal = z.infer<typeof OneRehearsal>;

const TakeIds = z.array(TrackId).max(MOST_TAKES);

/** What lies directly in a folder of a storage. */
const TakeFolder = z.strictObject({ connectionId: ConnectionId, path: z.string().max(4_000) });

/** For editors and owners of the band, like everything that changes one. */
export const CreateRehearsal = z.strictObject({
  bandId: BandId,
  heldOn: HeldOn,
  title: Title,
  notes: Notes.default(""),
  trackIds: TakeIds.default([]),
  /** All that lies in it becomes a take, too. */
  folder: TakeFolder.nullable().default(null),
});
export type CreateRehearsal = z.infer<typeof CreateRehearsal>;

export const UpdateRehearsal = z.strictObject({
  rehearsalId: RehearsalId,
  heldOn: HeldOn,
  title: Title,
  notes: Notes,
});
export type UpdateRehearsal = z.infer<typeof UpdateRehearsal>;

/** Files recordings under it. One that was a take of another rehearsal is none of that any more. */
export const FileTakes = z.strictObject({ rehearsalId: RehearsalId, trackIds: TakeIds.min(1) });
export type FileTakes = z.infer<typeof FileTakes>;

/** Takes recordings out of it; they stay in the library. */
export const RemoveTakes = FileTakes;
export type RemoveTakes = z.infer<typeof RemoveTakes>;

export const SuggestRehearsals = z.strictObject({ bandId: BandId });

/** A folder that is named after a day, and of which nothing is filed under a rehearsal yet. */
export const SuggestedRehearsal = z.strictObject({
  ...TakeFolder.shape,
  heldOn: HeldOn,
  title: z.string(),
  trackCount: z.number().int(),
});
export type SuggestedRehearsal = z.infer<typeof SuggestedRehearsal>;
