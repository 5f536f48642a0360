import type { SessionEntry } from "#contract/auth.ts";
import { formatAgo, formatDay } from "./format.ts";

export const security = {
  title: "Security",
  password: "Password",
  passwordHint: "When you change it, all your other devices are signed out.",
  changePassword: "Change password",
  newPassword: "New password",
  cancel: "Cancel",
  changed: "Your password is changed. All other devices are signed out.",
  devices: {
    title: "Devices that are signed in",
    thisOne: "This device",
    used: ({ ipAddress, lastUsedAt, createdAt, isThis }: SessionEntry) =>
      `${ipAddress} · ${isThis ? "in use" : `used ${formatAgo(lastUsedAt)}`} · since ${formatDay(createdAt)}`,
    signOut: "Sign out",
    signOutOf: (device: string) => `Sign out ${device}`,
    signOutThis: "Sign out this device",
    signOutOthers: "Sign out all others",
    signedOut: (device: string) => `${device} is signed out.`,
    othersSignedOut: "All other devices are signed out.",
    failed: "The devices could not be loaded.",
  },
  activity: { title: "Recent activity" },
  notConfirmed: "Not confirmed",
  sendAgain: "Send the mail again",
  sentAgain: (email: string) => `A mail to ${email} is on its way. Open the link in it.`,
} as const;
