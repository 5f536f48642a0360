import { z } from "zod";
import { LONGEST_COMMENT, LONGEST_GUEST_NAME } from "./comment-length.ts";
import { CommentId, ShareId, TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** A recording has so many threads at most, and a thread so many replies. */
export const MOST_THREADS = 1_000;
export const MOST_REPLIES = 100;

const normalise = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, "\n").trim();

/** Plain text: what looks like a tag in it is shown as it is. */
const CommentText = z
  .string()
  .overwrite(normalise)
  .min(1, "Write something first")
  .max(LONGEST_COMMENT)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: which must not be in it
  .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/, "Write it without control characters");

/** The start of a recording is 0. */
const AtMs = z.number().int().min(0).max(2_147_483_647);

/** Somebody of the band who has written or decided something. */
export const CommentAuthor = z.strictObject({
  name: z.string(),
  /** Of a public link: they call themselves that, and nobody has made sure of it. */
  isGuest: z.boolean(),
});

export const Comment = z.strictObject({
  id: CommentId,
  /** `null` for somebody whose account is gone, and for what is deleted. */
  author: CommentAuthor.nullable(),
  /** Whoever asks has written it, and may change it. */
  isMine: z.boolean(),
  /** Empty when it is deleted. */
  text: z.string(),
  createdAt: Timestamp,
  editedAt: Timestamp.nullable(),
  /** It stays for its replies. */
  isDeleted: z.boolean(),
});
export type Comment = z.infer<typeof Comment>;

export const Thread = z.strictObject({
  ...Comment.shape,
  trackId: TrackId,
  /** `null`: about all of the recording. */
  atMs: AtMs.nullable(),
  resolvedAt: Timestamp.nullable(),
  /** `null` too for somebody whose account is gone. */
  resolvedBy: CommentAuthor.nullable(),
  /** In the order in which they were written. */
  replies: z.array(Comment),
});
export type Thread = z.infer<typeof Thread>;

export const ListComments = z.strictObject({
  trackId: TrackId,
  /** `next` of the page before; opaque. */
  cursor: z
    .string()
    .regex(/^(-1|[12]?\d{1,9})_[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    .nullable()
    .default(null),
  limit: z.number().int().min(1).max(50).default(50),
});
export type ListComments = z.infer<typeof ListComments>;

/** What is about all of it first, then by time, then as they were written. */
export const ThreadPage = z.strictObject({
  threads: z.array(Thread),
  next: z.string().nullable(),
});
export type ThreadPage = z.infer<typeof ThreadPage>;

/** For every member of the band, listeners too. */
export const CreateComment = z.strictObject({
  trackId: TrackId,
  atMs: AtMs.nullable(),
  text: CommentText,
});
export type CreateComment = z.infer<typeof CreateComment>;

/** One line of plain text. */
const GuestName = z
  .string()
  .overwrite((name) => name.toWellFormed().trim())
  .min(1, "Give a name")
  .max(LONGEST_GUEST_NAME)
  .regex(/^\P{C}*$/u, "Write it without control characters");

const ofGuest = { shareId: ShareId, trackId: TrackId, name: GuestName, text: CommentText };

/** From the guest of a public link that allows it. */
export const WriteAsGuest = z.strictObject({ ...ofGuest, atMs: AtMs.nullable() });
export type WriteAsGuest = z.infer<typeof WriteAsGuest>;

/** To a thread that a guest of the same link has begun, by its first comment. */
export const ReplyAsGuest = z.strictObject({ ...ofGuest, commentId: CommentId });
export type ReplyAsGuest = z.infer<typeof ReplyAsGuest>;

export const ListAsGuest = z.strictObject({ shareId: ShareId, trackId: TrackId });
export type ListAsGuest = z.infer<typeof ListAsGuest>;

/** What a guest sees of a thread. Members answer as the band, whoever of them it was. */
export const GuestComment = z.strictObject({
  id: CommentId,
  /** `null`: the band. */
  name: z.string().nullable(),
  text: z.string(),
  createdAt: Timestamp,
});
export type GuestComment = z.infer<typeof GuestComment>;

export const GuestThread = z.strictObject({
  ...GuestComment.shape,
  atMs: AtMs.nullable(),
  replies: z.array(GuestComment),
});
export type GuestThread = z.infer<typeof GuestThread>;

/** To a thread, by its first comment. */
export const ReplyToComment = z.strictObject({ commentId: CommentId, text: CommentText });
export type ReplyToComment = z.infer<typeof ReplyToComment>;

/** For its author. */
export const EditComment = ReplyToComment;
export type EditComment = z.infer<typeof EditComment>;

/** For its author and owners of the band; what a guest has written, for its editors too. */
export const OneComment = z.strictObject({ commentId: CommentId });
export type OneComment = z.infer<typeof OneComment>;

/** A thread, by its first comment: settled, or open again. */
export const ResolveComment = z.strictObject({ commentId: CommentId, isResolved: z.boolean() });
export type ResolveComment = z.infer<typeof ResolveComment>;

export const WatchComments = z.strictObject({ trackId: TrackId });

/** Something about this recording was written, changed or deleted. */
export const CommentsChanged = z.strictObject({ trackId: TrackId });
export type CommentsChanged = z.infer<typeof CommentsChanged>;
