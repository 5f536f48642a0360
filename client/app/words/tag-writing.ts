import { formatAgo, plural } from "./format.ts";

export const tagWriting = {
  title: "Tags in the files",
  text: "What members edit is kept beside the files. Switch this on, and it is written into the files in your storage as well: each file is replaced by one with the new tags, so that other programs show them too. The sound in it is never changed. Where a file cannot be replaced safely it stays as it is, and its track says why.",
  label: "Write edited tags into the files",
  readOnly: "Only owners of this band can change this.",
  on: "What is edited from now on is written into its file.",
  off: "Files are not written any more. What was written stays in them.",
  beside: (count: number) => `${plural(count, "recording")} edited and only kept beside the file.`,
  waiting: (count: number) => `${plural(count, "file")} to be written.`,
  failed: (count: number) =>
    `${plural(count, "file")} could not be written; each track says why, and the edit is kept.`,
  written: (count: number) => `${plural(count, "file")} written.`,
  now: "Write them into the files now",
  state: {
    waiting: "What is shown is about to be written into the file.",
    failed: "This is kept beside the file and could not be written into it.",
    beside: "This is kept beside the file, which says something else.",
  },
  writtenAt: (moment: string) =>
    `Written into the file ${formatAgo(moment)}. What it said before is kept here.`,
} as const;
