import type { ExportEntry, LeftBand } from "#contract/leaving.ts";
import { formatBytes, formatMoment, plural } from "./format.ts";

const inside = ({ connectionCount, trackCount }: LeftBand): string =>
  connectionCount === 0
    ? ""
    : `, with ${plural(connectionCount, "storage")} and ${plural(trackCount, "recording")}`;

export const leaving = {
  title: "Your data",
  exports: {
    title: "A copy of everything",
    hint: "Your profile, what happened to your account, and the library lists of the bands that you own, as a ZIP. The recordings themselves are in your storages.",
    ask: "Ask for a copy",
    asked: "Your copy is being made. You get a mail when it is ready.",
    list: "Copies",
    state: ({ state, sizeBytes }: ExportEntry): string =>
      state === "ready" ? `Ready, ${formatBytes(sizeBytes ?? 0)}` : states[state],
    more: ({ state, requestedAt, expiresAt }: ExportEntry): string =>
      state === "ready" && expiresAt
        ? `Can be downloaded once, until ${formatMoment(expiresAt)}`
        : `Asked for ${formatMoment(requestedAt)}`,
    download: "Download",
    failed: "The copies could not be loaded.",
  },
  account: {
    label: "Delete your account",
    hint: "Shows first what would happen. Nothing is deleted by looking.",
    look: "Look at it",
    title: "Delete your account",
    failed: "What would happen could not be loaded.",
    atOnce: "What happens at once",
    signedOut: "You are signed out on every device, and what plays there stops.",
    identity:
      "Your name, your e-mail address, your password and every other way to sign in are deleted. Somebody else can use the address then.",
    access:
      "The access to the storages of what is removed is destroyed here, and app passwords are deleted in your Nextcloud. Your files stay where they are.",
    fates: {
      removed: (band: LeftBand) =>
        `${band.isPersonal ? "Your own library" : band.name} is removed${inside(band)}.`,
      left: (band: LeftBand) => `You leave ${band.name}. It goes on without you.`,
    },
    shares: {
      title: "Public links that you made",
      keep: (count: number) =>
        `Keep the ${plural(count, "public link")} that I made in bands that go on`,
      hint: "Else they all lead nowhere at once, and who listens by them is cut off. Links in what is removed end in any case.",
    },
    later: "What happens later",
    traces:
      "For 30 days it stays written down that there was an account, without name and address. Then nothing is left.",
    noWayBack: "Nobody can bring the account back, not even an administrator.",
    decide: (band: LeftBand) => `What becomes of ${band.name}?`,
    decideHint: "Others are in it, and nobody else owns it.",
    handOver: "Hand it over",
    handOverHint: "Storages and library stay as they are.",
    heir: (band: LeftBand) => `New owner of ${band.name}`,
    remove: "Remove it for everybody",
    removeHint: (band: LeftBand) => `${band.name} is gone for its members too${inside(band)}.`,
    nobody: "Everybody in it is suspended, so nobody can take it over.",
    lastAdmin:
      "You are the last administrator of this server, and somebody has to be one. Make somebody else an administrator first.",
    toAdmin: "Go to Admin",
    copyFirst: "You may want a copy of everything first.",
    toSettings: "Back to Settings",
    ask: "Delete my account",
    dialog: "Delete your account for good?",
    type: (confirmation: string) => `Type ${confirmation} to confirm`,
    mistyped: (confirmation: string) => `Type ${confirmation}, as it is shown.`,
    cancel: "Cancel",
    confirm: "Delete for good",
  },
  goodbye: {
    title: "Your account is deleted",
    text: "You are signed out everywhere, and a last mail is on its way to you. Thank you for the music.",
    toSignIn: "Go to the sign-in page",
  },
} as const;

const states: Readonly<Record<Exclude<ExportEntry["state"], "ready">, string>> = {
  waiting: "Being made",
  failed: "Could not be made. Ask for another one.",
  downloaded: "Downloaded",
  expired: "Not downloaded in time",
};
