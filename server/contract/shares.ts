import { z } from "zod";
import { NewPassword } from "./auth.ts";
import { BandId, PlaylistId, RehearsalId, ShareId, TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** The secret of a public link, 256 bits; it is in the link and nowhere else. */
export const ShareToken = z.string().regex(/^[\w-]{43}$/, "That is no link of ours");
export type ShareToken = z.infer<typeof ShareToken>;

/** The page of a public link. */
export const sharePath = (token: string): string => `/s/${token}`;

/** What a link allows, to whoever has it. */
export const ShareTerms = z.strictObject({
  /** From then on it leads nowhere; `null`: it does not end by itself. */
  expiresAt: Timestamp.nullable(),
  /** So many listens in all; `null`: as many as they like. */
  playLimit: z.number().int().min(1).max(1_000_000).nullable(),
  /** To keep the file, too. */
  canDownload: z.boolean(),
  /** To write about the recordings, under a name of one's own. */
  canComment: z.boolean().default(false),
});
export type ShareTerms = z.infer<typeof ShareTerms>;

/**
 * - `open`: it works.
 * - `expired`: its time is over.
 * - `used_up`: it was listened to as often as it may be; who has begun goes on.
 */
export const ShareState = z.enum(["open", "expired", "used_up"]);
export type ShareState = z.infer<typeof ShareState>;

/** What a link leads to. */
export const ShareKind = z.enum(["track", "playlist", "rehearsal"]);
export type ShareKind = z.infer<typeof ShareKind>;

/** A public link, as the members of its band see it. */
export const Share = z.strictObject({
  id: ShareId,
  bandId: BandId,
  kind: ShareKind,
  /** Of these three the one that it leads to. */
  trackId: TrackId.nullable(),
  playlistId: PlaylistId.nullable(),
  rehearsalId: RehearsalId.nullable(),
  title: z.string(),
  /** Of a recording. */
  artist: z.string().nullable(),
  /** Of a rehearsal. */
  heldOn: z.iso.date().nullable(),
  /** Of the first recording that has one. */
  cover: z.strictObject({ id: TrackId, coverHash: z.string() }).nullable(),
  state: ShareState,
  terms: ShareTerms,
  hasPassword: z.boolean(),
  /** A listen is one person with one recording, for half a day. Nobody is told who it was. */
  playCount: z.number().int(),
  lastPlayedAt: Timestamp.nullable(),
  /** `null` for somebody who is not here any more. */
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
});
export type Share = z.infer<typeof Share>;

const target = {
  trackId: TrackId.optional(),
  playlistId: PlaylistId.optional(),
  rehearsalId: RehearsalId.optional(),
};

const countTargets = (given: { readonly [Key in keyof typeof target]?: unknown }): number =>
  [given.trackId, given.playlistId, given.rehearsalId].filter(Boolean).length;

/** For editors and owners of the band. A link leads to one thing. */
export const CreateShare = z
  .strictObject({
    ...target,
    terms: ShareTerms,
    /** To be given to whom the link is for, by another way; `null`: the link is enough. */
    password: NewPassword.nullable(),
  })
  .refine((given) => countTargets(given) === 1, {
    error: "A link leads to one recording, one playlist or one rehearsal.",
  });
export type CreateShare = z.infer<typeof CreateShare>;

/** What is shown once: the server keeps only a hash of the token. */
export const SharedLink = z.strictObject({
  share: Share,
  /** `/s/…`, to be put after the server's address. */
  path: z.string(),
});
export type SharedLink = z.infer<typeof SharedLink>;

export const OneShare = z.strictObject({ shareId: ShareId });
export type OneShare = z.infer<typeof OneShare>;

export const UpdateShare = z.strictObject({
  shareId: ShareId,
  terms: ShareTerms,
  /** Another one, or none from now on (`null`); the one it has stays when left out. */
  password: NewPassword.nullable().optional(),
});
export type UpdateShare = z.infer<typeof UpdateShare>;

/** Newest first. */
export const ListShares = z
  .strictObject({
    bandId: BandId,
    /** Those that lead to it only. */
    ...target,
    /** The id of the last one of the page before. */
    before: ShareId.nullable().default(null),
    limit: z.number().int().min(1).max(200).default(50),
  })
  .refine((given) => countTargets(given) <= 1, { error: "A link leads to one thing only." });
export type ListShares = z.infer<typeof ListShares>;

export const SharePage = z.strictObject({
  shares: z.array(Share),
  next: ShareId.nullable(),
});
export type SharePage = z.infer<typeof SharePage>;

/** So many recordings of a long list are shown to guests. */
export const MOST_SHARED = 2_000;

/** From whoever has a link. */
export const OpenShare = z.strictObject({
  token: ShareToken,
  /** Where the link asks for one. */
  password: z.string().min(1).max(1024).nullable().default(null),
});
export type OpenShare = z.infer<typeof OpenShare>;

/** What a guest sees of a recording. */
export const SharedTrack = z.strictObject({
  id: TrackId,
  title: z.string(),
  artist: z.string().nullable(),
  album: z.string().nullable(),
  durationMs: z.number().int().nullable(),
  sizeBytes: z.number().int(),
  coverHash: z.string().nullable(),
  /** False while it is not in its storage. */
  isPresent: z.boolean(),
});
export type SharedTrack = z.infer<typeof SharedTrack>;

/**
 * - `password_needed`: nothing is told before it is given.
 * - `open`: the browser is a guest from now on, for half a day, by a cookie of its own.
 */
export const OpenedShare = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("password_needed") }),
  z.strictObject({
    status: z.literal("open"),
    shareId: ShareId,
    kind: ShareKind,
    title: z.string(),
    /** Of a rehearsal. */
    heldOn: z.iso.date().nullable(),
    /** What it leads to now, in order, each once, and nothing else of the band; the first 2,000. */
    tracks: z.array(SharedTrack),
    trackCount: z.number().int(),
    canDownload: z.boolean(),
    canComment: z.boolean(),
    expiresAt: Timestamp.nullable(),
    /** Listens that are left, for all guests together; `null`: as many as they like. */
    playsLeft: z.number().int().nullable(),
  }),
]);
export type OpenedShare = z.infer<typeof OpenedShare>;

/**
 * A guest wants to hear or to keep a recording: from now on `/stream` and `/download` answer them.
 * It counts as a listen once; asked again it changes nothing.
 */
export const BeginListen = z.strictObject({ shareId: ShareId, trackId: TrackId });
export type BeginListen = z.infer<typeof BeginListen>;
