import type { Letter } from "#server/mail/letter.ts";
import type { Settlement } from "./settlement.ts";
import type { Contents } from "./store.ts";

const hello = (name: string): string => `Hello ${name},`;

/** The last one, to the address that the account had. */
export const accountDeletedLetter = (
  name: string,
  settled: readonly { readonly settlement: Settlement; readonly contents: Contents | undefined }[],
): Letter => ({
  subject: "Your account is deleted",
  greeting: hello(name),
  paragraphs: [
    "Your Backline account was deleted just now, and you are signed out everywhere. This is our last mail to you.",
    ...settled.map(({ settlement, contents }) => tellEnd(settlement, contents)),
    "The access to storages that was kept for what is removed is destroyed. Your files in those storages were not touched.",
    "For 30 days it stays written down that there was an account, without your name and address. Then nothing is left.",
  ],
  notes: [
    "It was not you? Change the password of this mailbox, and tell the people who run the server: the account cannot be brought back.",
  ],
});

function tellEnd(settlement: Settlement, contents: Contents | undefined): string {
  const { name, isPersonal } = settlement.band;
  switch (settlement.end) {
    case "leave":
      return `You left ${name}. It goes on without you.`;
    case "hand_over":
      return `${name} belongs to ${settlement.heir.name} now, with its storages and its library.`;
    case "remove":
      return `${isPersonal ? "Your own library" : name} is removed${contents ? tellContents(contents) : ""}.`;
  }
}

export const bandHandedOverLetter = (
  heir: string,
  leaver: string,
  band: string,
  url: string,
): Letter => ({
  subject: `${band} belongs to you now`,
  greeting: hello(heir),
  paragraphs: [
    `${leaver} has deleted their account and handed ${band} over to you. Its storages and its library stay as they are, and from now on you look after them.`,
    "A storage that was connected with their password may have to be reconnected one day.",
  ],
  action: { label: "Open Backline", url },
  notes: [],
});

export const exportReadyLetter = (name: string, url: string): Letter => ({
  subject: "Your copy is ready",
  greeting: hello(name),
  paragraphs: [
    "The copy of your data that you asked for is ready. You find it in Settings, under Your data.",
  ],
  action: { label: "Open Settings", url },
  notes: [
    "It can be downloaded once, for a day.",
    "It was not you? Somebody is signed in to your account: change your password, which signs everybody else out.",
  ],
});

const tellContents = ({ connectionCount, trackCount }: Contents): string =>
  `, with ${count(connectionCount, "storage")} and ${count(trackCount, "recording")}`;

const count = (value: number, one: string): string =>
  `${new Intl.NumberFormat("en").format(value)} ${value === 1 ? one : `${one}s`}`;
