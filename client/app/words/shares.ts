import type { Share, ShareState } from "#contract/shares.ts";
import {
  formatAgo,
  formatCalendarDay,
  formatCount,
  formatExact,
  formatShortDay,
  plural,
} from "./format.ts";

const present = (words: readonly (string | false | null)[]): string[] =>
  words.filter((each) => typeof each === "string");

const states: Readonly<Record<ShareState, string>> = {
  open: "Open",
  expired: "Expired",
  used_up: "Used up",
};

/** 'Heard 12 of 20 times, last 3 days ago'. */
function heard({ playCount, lastPlayedAt, terms: { playLimit } }: Share): string {
  const last = lastPlayedAt === null ? "" : `, last ${formatAgo(lastPlayedAt)}`;
  if (playLimit !== null) return `Heard ${formatCount(playCount)} of ${times(playLimit)}${last}`;
  return playCount === 0 ? "Not heard yet" : `Heard ${times(playCount)}${last}`;
}

/** Beside the name of what is no recording. */
const of = ({ kind, heldOn }: Share): string =>
  kind === "rehearsal" && heldOn !== null ? `Rehearsal, ${formatCalendarDay(heldOn)}` : "Playlist";

const times = (count: number): string => plural(count, "time");

function ends({ state, terms: { expiresAt } }: Share): string {
  if (expiresAt === null) return "Does not end by itself";
  return `${state === "expired" ? "Ended" : "Ends"} ${formatExact(expiresAt)}`;
}

const made = ({ createdBy, createdAt }: Share): string =>
  `Made ${createdBy === null ? "" : `by ${createdBy} `}${formatAgo(createdAt)}`;

export const shares = {
  title: "Shares",
  share: "Share",
  shareTrack: (title: string) => `Share “${title}”`,
  command: "Share this recording",
  list: "Public links",
  failed: "The links could not be loaded.",
  empty: {
    title: "Nothing is shared",
    text: "A share is a public link to one recording, a playlist or a rehearsal. Whoever has it can listen without an account, and sees nothing else of the band. Make one from a recording in the library.",
    toLibrary: "Go to the library",
  },
  tags: ({ state, hasPassword, terms: { canDownload, canComment } }: Share): string[] =>
    present([
      state !== "open" && states[state],
      hasPassword && "Password",
      canDownload && "Download",
      canComment && "Comments",
    ]),
  heard,
  of,
  /** When it ends, who made it and when. */
  about: (share: Share): string => [ends(share), made(share)].join(" · "),
  menu: ({ title }: Share) => `More for the link to ${title}`,
  terms: {
    ends: "Ends",
    choices: {
      never: "Never",
      day: "In a day",
      week: "In 7 days",
      month: "In 30 days",
      date: "On a date",
    },
    /** The end that a link has already. */
    stays: (expiresAt: string) => `As it is: ${formatShortDay(expiresAt)}`,
    date: "Last day",
    dateMissing: "Choose the last day on which it works.",
    datePast: "This day is past. Choose a later one.",
    password: "Password",
    passwordHint: "Optional. Give it to the listener by another way than the link.",
    passwordShort: "A password needs at least 8 characters.",
    makePassword: "Make one",
    limit: "Listens at most",
    limitHint: "Optional. A listen is one person, for half a day.",
    limitWrong: "Enter a whole number from 1 to 1,000,000, or nothing.",
    download: "The file may be downloaded",
    downloadHint: "To keep it, and not only to listen.",
    comment: "Guests may comment",
    commentHint:
      "Under a name of their own. They see what guests of this link write, and your replies.",
  },
  create: {
    submit: "Make a link",
    existing: {
      track: "Links to this recording",
      playlist: "Links to this playlist",
      rehearsal: "Links to this rehearsal",
    },
    manage: "Manage them in Shares",
  },
  link: {
    title: "The link is ready",
    text: "Copy the link now: it is shown only this once. Whoever has it can listen.",
    withPassword:
      "Copy the link and the password now: they are shown only this once. Listening takes both.",
    link: "Link",
    copyLink: "Copy link",
    password: "Password",
    copyPassword: "Copy password",
    done: "Done",
  },
  edit: {
    open: "Edit terms",
    title: (title: string) => `Terms of the link to “${title}”`,
    submit: "Save",
    saved: "The terms are saved.",
    password: "Password",
    keep: "Keep the password",
    change: "Another password",
    changeHint: "Whoever has opened the link is asked for it, and what they hear stops.",
    add: "Ask for a password",
    none: "No password",
    newPassword: "New password",
    copyPassword: "Copy the password now: it is shown only this once. The link is still the same.",
  },
  renew: {
    open: "New link",
    title: "Make a new link?",
    texts: [
      "The link of now leads nowhere at once, and who listens by it is cut off.",
      "The terms, the password and the count of listens stay.",
    ],
    confirm: "Make a new link",
  },
  remove: {
    open: "Take back",
    title: "Take the link back?",
    texts: [
      "It leads nowhere at once, and who listens by it now is cut off. What was downloaded stays with whoever has it.",
      "What it leads to stays in the library.",
    ],
    confirm: "Take back",
    done: "The link is taken back.",
  },
  /** For whoever has a link. */
  guest: {
    opening: "Opening the link",
    passwordTitle: "This link takes a password",
    passwordText: "Whoever gave you the link can tell you.",
    password: "Password",
    passwordMissing: "Enter the password.",
    submit: "Open",
    wait: (seconds: number) =>
      `Wait ${seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}`,
    over: {
      not_found: "This link does not work",
      gone: "This link is used up",
    },
    failed: "The link could not be opened",
    incomplete: "The link is not complete. Copy it once more, from its first letter to its last.",
    missing:
      "The recording is not in its storage at the moment. The link keeps working; come back later.",
    player: "Player",
    tracks: "Recordings",
    none: "Nothing is in here at the moment. The link keeps working; come back later.",
    facts: (heldOn: string | null, count: number) =>
      [heldOn === null ? "" : formatCalendarDay(heldOn), plural(count, "recording")]
        .filter(Boolean)
        .join(" · "),
    more: (shown: number, count: number) =>
      `The first ${formatCount(shown)} of ${formatCount(count)} recordings are shown.`,
    keep: (title: string, size: string) => `Download ${title} (${size})`,
    left: (count: number) =>
      count === 0 ? "No more listens are left" : `${plural(count, "listen")} left`,
    until: (expiresAt: string) => `This link works until ${formatExact(expiresAt)}`,
    download: (size: string) => `Download (${size})`,
    comments: {
      title: (track: string) => `Comments on “${track}”`,
      name: "Your name",
      nameHint: "Shown to the band, and to others who have this link.",
      send: "Comment",
      none: "Nobody has written anything yet.",
      failed: "The comments can’t be shown at the moment.",
      band: "The band",
    },
  },
} as const;
