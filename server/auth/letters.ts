import type { Letter } from "#server/mail/letter.ts";

const hello = (name: string): string => `Hello ${name},`;
const notYou = "It was not you? Then do nothing: without this link nothing happens.";

export const verifyLetter = (name: string, url: string): Letter => ({
  subject: "Confirm your e-mail address",
  greeting: hello(name),
  paragraphs: ["Welcome to Backline. Confirm that this address is yours, and all is ready."],
  action: { label: "Confirm the address", url },
  notes: ["The link works once, for a day.", notYou],
});

/** To the owner of an address that somebody tried to register again. */
export const knownLetter = (name: string, url: string): Letter => ({
  subject: "You have an account already",
  greeting: hello(name),
  paragraphs: [
    "Somebody, perhaps you, wanted to register this address at Backline. You have an account with it already, and nothing about it was changed.",
  ],
  action: { label: "Sign in", url },
  notes: ["If you have forgotten your password, the sign-in page lets you choose a new one."],
});

export const resetLetter = (name: string, url: string): Letter => ({
  subject: "Choose a new password",
  greeting: hello(name),
  paragraphs: [
    "Here you choose a new password for Backline. All your devices are signed out then.",
  ],
  action: { label: "Choose a new password", url },
  notes: ["The link works once, for an hour.", notYou],
});

export const passwordChangedLetter = (name: string, url: string): Letter => ({
  subject: "Your password was changed",
  greeting: hello(name),
  paragraphs: ["The password of your Backline account was changed just now."],
  notes: [`It was not you? Choose a new password at once, which signs everybody out: ${url}`],
});

export const passkeyAddedLetter = (name: string, passkey: string, url: string): Letter => ({
  subject: "A passkey was added to your account",
  greeting: hello(name),
  paragraphs: [
    `The passkey “${passkey}” was added to your Backline account just now. Whoever has it can sign in without your password.`,
  ],
  notes: [`It was not you? ${passkeyHelp(url)}`],
});

export const passkeyRemovedLetter = (name: string, passkey: string, url: string): Letter => ({
  subject: "A passkey was removed from your account",
  greeting: hello(name),
  paragraphs: [
    `The passkey “${passkey}” was removed from your Backline account just now. It lets nobody in any more.`,
  ],
  notes: [`It was not you? ${passkeyHelp(url)}`],
});

export const factorOnLetter = (name: string, url: string): Letter => ({
  subject: "A second factor was switched on",
  greeting: hello(name),
  paragraphs: [
    "Your Backline account has asked for a second factor since just now: whoever signs in with the password shows a code of the app as well, or a backup code.",
  ],
  notes: [
    `It was not you? Then somebody knows your password. Choose a new one at once, which signs everybody out, and tell the people who run this server: ${url}`,
  ],
});

export const factorOffLetter = (name: string, url: string): Letter => ({
  subject: "The second factor was switched off",
  greeting: hello(name),
  paragraphs: [
    "Your Backline account asks for no second factor any more: the password alone is enough. The backup codes are worth nothing now.",
  ],
  notes: [
    `It was not you? Choose a new password at once, which signs everybody out, and switch the second factor on again: ${url}`,
  ],
});

export const backupCodesLetter = (name: string, url: string): Letter => ({
  subject: "New backup codes were made",
  greeting: hello(name),
  paragraphs: [
    "New backup codes were made for your Backline account just now. Those of before are worth nothing any more.",
  ],
  notes: [`It was not you? Choose a new password at once, which signs everybody out: ${url}`],
});

/** A new password alone would leave a stranger's passkey where it is. */
const passkeyHelp = (url: string): string =>
  `Sign in and look at Settings, Security: remove the passkeys that you do not know, and change your password, which signs everybody else out: ${url}`;

/** An account at the media server, as people know the two. */
export interface Linked {
  readonly account: string;
  readonly server: string;
}

export const jellyfinLinkedLetter = (
  name: string,
  { account, server }: Linked,
  url: string,
): Letter => ({
  subject: "A way to sign in was added to your account",
  greeting: hello(name),
  paragraphs: [
    `The account “${account}” at ${server} was linked to your Backline account just now. Whoever signs in with it can use yours without your password here.`,
  ],
  notes: [
    `It was not you? Sign in and look at Settings, Security: unlink ${server}, and change your password, which signs everybody else out: ${url}`,
  ],
});

export const jellyfinUnlinkedLetter = (
  name: string,
  { account, server }: Linked,
  url: string,
): Letter => ({
  subject: "A way to sign in was removed from your account",
  greeting: hello(name),
  paragraphs: [
    `The account “${account}” at ${server} was unlinked from your Backline account just now. It lets nobody in any more; everything you have here and there is kept.`,
  ],
  notes: [
    `It was not you? Sign in another way and look at Settings, Security: link ${server} again, and change your password, which signs everybody else out: ${url}`,
  ],
});

/** To the new address, which counts from the proof on. */
export const newAddressLetter = (name: string, url: string): Letter => ({
  subject: "Confirm your new e-mail address",
  greeting: hello(name),
  paragraphs: [
    "You asked for this address for your Backline account. Confirm that it is yours; from then on you sign in with it.",
  ],
  action: { label: "Confirm the address", url },
  notes: ["The link works once, for an hour.", notYou],
});

/** To the owner of an address that another account asked for. */
export const takenLetter = (name: string, url: string): Letter => ({
  subject: "You have an account already",
  greeting: hello(name),
  paragraphs: [
    "Somebody, perhaps you, wanted this address for another Backline account. You have an account with it already, and nothing about it was changed.",
  ],
  action: { label: "Sign in", url },
  notes: ["An address belongs to one account alone."],
});

/** To the address of until now, before anything has changed. */
export const changeAskedLetter = (name: string, masked: string, url: string): Letter => ({
  subject: "Another e-mail address was asked for",
  greeting: hello(name),
  paragraphs: [
    `Your Backline account is to get the address ${masked} instead of this one. Nothing is changed until the link that was mailed there is used.`,
  ],
  notes: [
    `It was not you? Then somebody else is signed in to your account. Choose a new password at once: that signs everybody out, and the link is worth nothing. ${url}`,
  ],
});

/** To the address that it was. */
export const addressChangedLetter = (name: string, masked: string, origin: string): Letter => ({
  subject: "Your e-mail address was changed",
  greeting: hello(name),
  paragraphs: [
    `Your Backline account has the address ${masked} now. You sign in with that one, and all mails go there.`,
  ],
  notes: [
    `It was not you? With this address you can't choose a new password any more. Ask an administrator of ${origin} at once to suspend the account; everything in it is kept.`,
  ],
});

export const invitationLetter = (inviter: string, url: string): Letter => ({
  subject: `${inviter} invites you to Backline`,
  greeting: "Hello,",
  paragraphs: [`${inviter} invites you to a Backline, where bands listen to their recordings.`],
  action: { label: "Make an account", url },
  notes: ["The link works once, for two weeks."],
});
