import { formatAgo, formatDuration, plural, speakDuration } from "./format.ts";

const GONE = "Someone who has left";

export const comments = {
  title: "Comments",
  failed: "The comments can’t be shown at the moment.",
  none: "Nobody has written anything yet.",
  write: (atMs: number | null) =>
    atMs === null ? "Comment on the whole recording" : `Comment at ${formatDuration(atMs)}`,
  isWhole: "About the whole recording",
  send: "Comment",
  reply: "Reply",
  replyTo: (name: string) => `Reply to ${name}`,
  edit: "Edit",
  editing: "Your comment",
  save: "Save",
  cancel: "Cancel",
  remove: "Delete…",
  removeTitle: "Delete this comment?",
  removeTexts: ["What it says is gone then, for everybody. Replies of others stay."],
  removeConfirm: "Delete comment",
  resolve: "Resolve",
  reopen: "Reopen",
  resolved: (by: string | null, moment: string) =>
    `Resolved by ${by ?? GONE}, ${formatAgo(moment)}`,
  showResolved: (count: number) => `Show ${plural(count, "resolved thread")}`,
  hideResolved: "Hide resolved threads",
  copy: "Copy link",
  copied: "The link is in the clipboard.",
  notCopied: (link: string) => `This browser does not let us copy. The link is ${link}`,
  gone: GONE,
  guest: "Guest of a link",
  deleted: "This comment was deleted.",
  at: (atMs: number | null) => (atMs === null ? "Whole recording" : formatDuration(atMs)),
  playFrom: (atMs: number) => `Play from ${formatDuration(atMs)}`,
  facts: (createdAt: string, editedAt: string | null) =>
    editedAt === null ? formatAgo(createdAt) : `${formatAgo(createdAt)}, edited`,
  mark: (count: number, atMs: number, name: string) =>
    count === 1
      ? `Comment of ${name} at ${speakDuration(atMs)}`
      : `${plural(count, "thread")} from ${speakDuration(atMs)}`,
  ofPlaying: "Comments on what plays",
  goTo: (count: number, atMs: number, name: string) =>
    count === 1
      ? `Go to the comment of ${name} at ${speakDuration(atMs)}`
      : `Go to ${plural(count, "thread")} from ${speakDuration(atMs)}`,
  told: (atMs: number | null, name: string, text: string) =>
    atMs === null ? `${name}: ${text}` : `${formatDuration(atMs)} ${name}: ${text}`,
};
