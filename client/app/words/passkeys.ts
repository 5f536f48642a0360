import type { Passkey } from "#contract/passkeys.ts";
import { formatAgo, formatDay } from "./format.ts";

export const passkeys = {
  signIn: "Sign in with a passkey",
  show: "Use a passkey",
  title: "Passkeys",
  text: "A passkey signs you in with your finger, your face or the PIN of your device, instead of the password and the second factor.",
  unable:
    "This browser can't use passkeys at this address. They need a current browser, and an address that begins with https.",
  add: {
    ask: "Add a passkey",
    name: "Name",
    nameHint: "So that you know it again in this list.",
    nameMissing: "Enter a name.",
    submit: "Go on",
    cancel: "Cancel",
    done: (name: string) => `“${name}” signs you in from now on.`,
  },
  synced: "Synced",
  oneDevice: "On one device",
  used: ({ createdAt, lastUsedAt }: Passkey) =>
    `Added ${formatDay(createdAt)} · ${lastUsedAt ? `used ${formatAgo(lastUsedAt)}` : "not used yet"}`,
  failed: "The passkeys could not be loaded.",
  menu: (name: string) => `What to do with “${name}”`,
  rename: {
    ask: "Rename",
    title: "Rename the passkey",
    submit: "Rename",
  },
  remove: {
    ask: "Remove",
    title: (name: string) => `Remove “${name}”?`,
    text: "It does not sign you in any more. Devices that are signed in stay signed in.",
    rest: "Your device or password manager may go on offering it: remove it there, too.",
    confirm: "Remove",
    done: (name: string) => `“${name}” is removed.`,
  },
  /** What the browser or the device says no to, by the name of its failure. */
  device: {
    notAllowed:
      "No passkey was used: you cancelled, it took too long, or there is none of yours on this device. Try again, or use another way.",
    notMade: "No passkey was made: you cancelled, or it took too long. Try again.",
    known: "This device has a passkey of your account already. Nothing was added.",
    unfit:
      "This device can't keep passkeys, or can't verify that it is you. Use another one, or set up a screen lock first.",
    elsewhere: (address: string) =>
      `Passkeys work only at the address that this server is set to, and not at ${address}. Open Backline there, or use another way.`,
    other: "The device did not answer as it should. Try again, or use another way.",
  },
} as const;
