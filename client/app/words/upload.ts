import { formatBytes, formatCount, formatMoment, plural, speakDuration } from "./format.ts";

const NAMES_SHOWN = 5;

/** 'a.jpg, b.txt and 3 more'. */
function some(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  if (more <= 0) return names.join(", ");
  return `${names.slice(0, NAMES_SHOWN).join(", ")} and ${formatCount(more)} more`;
}

export const upload = {
  action: "Upload recordings",
  actionShort: "Upload",
  goesTo: (storage: string, folder: string) => `They go to ${joined(storage, folder)}`,
  drop: "Drop recordings to upload them",
  dropFolder: "Folders are looked through; what is no audio is left out.",
  dropRefused: "Nothing can be uploaded here",
  dropUnreadable:
    "What was dropped could not be read, so nothing was uploaded. Choose the files by the button instead.",
  panel: "Uploads",
  list: "Recordings on their way",
  begun: (count: number) => `${plural(count, "recording")} to upload`,
  leftOut: (names: readonly string[]) =>
    `${plural(names.length, "file is", "files are")} left out, because Backline plays only audio: ${some(names)}.`,
  dismiss: "Close this note",
  /** In the top bar. */
  running: (sending: number, percent: number) => `${formatCount(sending)} · ${percent} %`,
  spoken: (sending: number, percent: number) =>
    `${plural(sending, "recording is", "recordings are")} being uploaded, ${percent} per cent`,
  stopped: (count: number) => `${formatCount(count)} stopped`,
  stoppedSpoken: (count: number) =>
    `${plural(count, "upload waits", "uploads wait")} for you to go on`,
  finished: (count: number) => `${formatCount(count)} uploaded`,
  states: {
    queued: "Waits for its turn",
    sending: "Is sent",
    held_up: "Goes on by itself",
    finishing: "Is put in its place",
    paused: "Paused",
    failed: "Could not be uploaded",
    done: "Uploaded",
  },
  offline: "There is no network.",
  heldUp: (reason: string) => `${reason} It goes on by itself where it stopped.`,
  interrupted: "The connection was interrupted.",
  noAnswer: "Backline does not answer at the moment.",
  gone: "Backline gave this upload up, because nothing of it came for too long. Try again, and it is sent from its beginning.",
  unreadable:
    "The file could not be read: it may have been changed, moved or deleted. Nothing of it was lost in the storage; choose it again.",
  tooLargePiece:
    "Something between this browser and Backline refuses even the smallest pieces that the storage takes, mostly 4 to 10 MB. Whoever runs the server has to let larger requests through; in nginx that is client_max_body_size.",
  sent: (sentBytes: number, sizeBytes: number) =>
    `${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`,
  percent: (percent: number) => `${percent} %`,
  remaining: (ms: number) => `${aboutDuration(ms)} left`,
  progress: (name: string) => `Upload of ${name}`,
  pause: (name: string) => `Pause ${name}`,
  resume: (name: string) => `Go on with ${name}`,
  retry: "Try again",
  retryFor: (name: string) => `Try again to upload ${name}`,
  cancel: (name: string) => `Cancel ${name}`,
  remove: (name: string) => `Take ${name} off the list`,
  removeDone: "Clear the list",
  reading: "Uploaded. It appears in the library in a moment.",
  soon: "New recordings appear in the library in a moment.",
  inLibrary: "In the library",
  unfinished: {
    title: "Waiting for their files",
    text: "They were stopped when a page was closed, or another window sends them. Choose the same file again and it goes on where it stopped.",
    state: (percent: number) => `Waiting for its file, ${percent} % is there`,
    kept: (moment: string) => `kept until ${formatMoment(moment)}`,
    choose: "Choose the file",
    chooseFor: (name: string) => `Choose the file ${name}`,
    discard: "Discard",
    discardFor: (name: string) => `Discard ${name}`,
    otherName: (wanted: string, chosen: string) =>
      `That is ${chosen}; this upload goes on with ${wanted}.`,
    otherSize: (name: string) =>
      `This ${name} is not as long as the one that was begun. Choose that one, or discard this upload and begin anew.`,
  },
  /** Said once for all of them. */
  allDone: (count: number) => `${plural(count, "recording")} uploaded`,
  someFailed: (count: number) => `${plural(count, "recording")} could not be uploaded`,
  seeList: "The list of uploads says why, and tries again.",
  where: {
    menu: "Where uploads go",
    title: "Where uploads go",
    label: "Folders",
    hint: "Below the storage’s folder, joined by slashes. Empty: directly into it.",
    usualPattern: "{year}/{year}-{month}-{day}",
    usual: "Back to the usual",
    fillIns: "Filled in for each recording:",
    names: {
      year: "year of the recording",
      month: "month",
      day: "day",
      band: "name of the band",
      uploader: "name of whoever uploads it",
    },
    example: "A recording of today goes to",
    exampleFile: "Take 1.wav",
    save: "Save",
    cancel: "Cancel",
    saved: "Uploads go there from now on. What was uploaded before stays where it is.",
    wrong: {
      characters: "A folder’s name has no backslash and no control characters.",
      slashes: "Folders are joined by single slashes, and none is called “.” or “..”.",
      braces: "Only {year}, {month}, {day}, {band} and {uploader} are filled in.",
      long: "That is longer than 500 characters.",
    },
  },
} as const;

/** As paths are shown to people. */
export const joined = (...parts: readonly string[]): string =>
  parts
    .flatMap((part) => part.split("/"))
    .filter((part) => part !== "")
    .join(" / ");

/** To the minute while that is enough to decide whether to wait. */
function aboutDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 10) return "a few seconds";
  if (seconds < 60) return `${Math.ceil(seconds / 10) * 10} seconds`;
  return speakDuration(Math.ceil(seconds / 60) * 60_000);
}
