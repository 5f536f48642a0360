import type { SessionEntry } from "#contract/auth.ts";
import { formatAgo, formatDay, plural } from "./format.ts";

export const security = {
  title: "Security",
  password: "Password",
  passwordHint: "When you change it, all your other devices are signed out.",
  changePassword: "Change password",
  newPassword: "New password",
  cancel: "Cancel",
  changed: "Your password is changed. All other devices are signed out.",
  twoFactor: {
    title: "Second factor",
    offHint:
      "A code from an app on your phone, besides the password. Whoever has only the password stays out.",
    begin: "Set up",
    isOn: "Second factor is on",
    left: (count: number) => `${plural(count, "backup code")} left.`,
    renew: "New backup codes",
    disable: "Switch off",
    scan: "Scan this with an authenticator app, such as Aegis, 2FAS, Google Authenticator or your password manager.",
    qr: "QR code with the secret for your app",
    orType: "Or type this in:",
    code: "Code that the app shows",
    sixDigits: "Enter the six digits that the app shows.",
    confirm: "Switch on",
    backup: {
      title: "Keep these backup codes",
      text: "Each lets you in once when you do not have the app. They are not shown again.",
      copy: "Copy all",
      copied: "Copied",
      kept: "I have kept them",
    },
  },
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
