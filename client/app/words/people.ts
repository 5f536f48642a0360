import type { UserEntry, UserRole } from "#contract/auth.ts";
import { formatAgo, formatDay } from "./format.ts";
import { settings } from "./settings.ts";

const oneOf: Readonly<Record<UserRole, string>> = {
  user: "a listener",
  creator: "a creator",
  admin: "an administrator",
};

const present = (words: readonly (string | false | null)[]): string[] =>
  words.filter((each) => typeof each === "string");

export const people = {
  title: "People",
  search: "Search name or address",
  searchShort: "Name or address",
  everybody: "Show everybody",
  none: "Nobody has this in their name or address.",
  failed: "The people could not be loaded.",
  moreOf: "Show more people",
  tags: ({ email, isEmailVerified, suspendedAt }: UserEntry, isMe: boolean): string[] =>
    present([
      isMe && "You",
      email !== null && !isEmailVerified && "Not confirmed",
      suspendedAt && `Suspended since ${formatDay(suspendedAt)}`,
    ]),
  about: ({ email, role, lastSeenAt }: UserEntry): string => {
    const seen = lastSeenAt ? `last seen ${formatAgo(lastSeenAt)}` : "not seen lately";
    return present([email ?? false, settings.roles[role], seen]).join(" · ");
  },
  /** For two who have the same name. */
  namesake: (name: string, email: string): string => `${name} (${email})`,
  menu: (name: string) => `More for ${name}`,
  role: settings.role,
  roles: settings.roles,
  roleSet: (name: string, role: UserRole) => `${name} is ${oneOf[role]} now.`,
  signOut: "Sign out everywhere",
  signedOut: (name: string) => `${name} is signed out on all devices.`,
  restore: "Let in again",
  restored: (name: string) => `${name} can sign in again.`,
  suspend: {
    ask: "Suspend",
    title: (name: string) => `Suspend ${name}?`,
    text: "All their devices are signed out at once, and they cannot sign in until you let them in again.",
    keeps: "Everything of theirs is kept.",
    confirm: "Suspend",
    done: (name: string) => `${name} is suspended and signed out on all devices.`,
  },
  stepDown: {
    title: "Give up being an administrator?",
    text: (role: UserRole) =>
      `You are ${oneOf[role]} then, and this screen is closed to you. Only another administrator can open it again.`,
    confirm: "Give it up",
    done: (role: UserRole) => `You are ${oneOf[role]} now.`,
  },
} as const;
