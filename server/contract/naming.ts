import { z } from "zod";
import { BandId, TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const MOST_PATTERNS = 4;
export const LONGEST_PATTERN = 100;

const Pattern = z.string().trim().min(1, "Write a pattern").max(LONGEST_PATTERN);
const Patterns = z.array(Pattern).max(MOST_PATTERNS);

/**
 * What names say of files without tags. Of each list the first pattern that fits counts; where none
 * does, names and folders are read as everywhere.
 */
export const NamingRule = z.strictObject({
  /** For the name of a file, without what follows its last dot. */
  names: Patterns,
  /** For the folders that it lies in; `/` stands between two. */
  folders: Patterns,
});
export type NamingRule = z.infer<typeof NamingRule>;

export const OneBandsNaming = z.strictObject({ bandId: BandId });

export const Naming = z.strictObject({
  bandId: BandId,
  rule: NamingRule,
  /** 0 while nobody has saved one. */
  version: z.number().int(),
  savedAt: Timestamp.nullable(),
  /** `null` also for somebody whose account is gone. */
  savedBy: z.string().nullable(),
  /** Recordings are being named anew by it. */
  isApplying: z.boolean(),
});
export type Naming = z.infer<typeof Naming>;

export const PreviewNaming = z.strictObject({
  bandId: BandId,
  rule: z.strictObject({
    names: z.array(z.string().max(LONGEST_PATTERN)).max(MOST_PATTERNS),
    folders: z.array(z.string().max(LONGEST_PATTERN)).max(MOST_PATTERNS),
  }),
  /** The path of a file that need not be there. */
  example: z.string().max(300).default(""),
});
export type PreviewNaming = z.infer<typeof PreviewNaming>;

/** What a name is found to say. */
export const NamedBy = z.strictObject({
  title: z.string(),
  artist: z.string().nullable(),
  album: z.string().nullable(),
  genre: z.string().nullable(),
  trackNumber: z.number().int().nullable(),
  discNumber: z.number().int().nullable(),
  year: z.number().int().nullable(),
  recordedOn: z.iso.date().nullable(),
});
export type NamedBy = z.infer<typeof NamedBy>;

export const NamingProblem = z.strictObject({
  list: z.enum(["names", "folders"]),
  /** Which pattern of the list, from 0. */
  index: z.number().int(),
  message: z.string(),
});
export type NamingProblem = z.infer<typeof NamingProblem>;

export const NamingSample = z.strictObject({
  /** `null` for the example. */
  trackId: TrackId.nullable(),
  path: z.string(),
  /** By the rule that is saved, and by this one. */
  before: NamedBy,
  after: NamedBy,
});
export type NamingSample = z.infer<typeof NamingSample>;

export const NamingPreview = z.strictObject({
  /** What is wrong with it; there are no samples then. */
  problems: z.array(NamingProblem),
  samples: z.array(NamingSample),
  /** Recordings without tags, that the rule is for. */
  count: z.number().int(),
});
export type NamingPreview = z.infer<typeof NamingPreview>;

export const SaveNaming = z.strictObject({
  bandId: BandId,
  rule: NamingRule,
  /** The one that was seen. */
  version: z.number().int().min(0),
});
export type SaveNaming = z.infer<typeof SaveNaming>;
