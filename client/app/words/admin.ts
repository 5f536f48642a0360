import type { Invitation } from "#contract/auth.ts";
import type { EncryptionKeys } from "#contract/keys.ts";
import type { RegistrationMode } from "#contract/system.ts";
import { formatAgo, formatDay, plural } from "./format.ts";

type Choice = { readonly label: string; readonly text: string };

const modes: Readonly<Record<RegistrationMode, Choice>> = {
  open: {
    label: "Everybody",
    text: "Whoever finds this server can make an account, once they confirm their e-mail address.",
  },
  invite: {
    label: "By invitation",
    text: "An account takes an invitation that you made below.",
  },
  closed: {
    label: "Nobody",
    text: "No new accounts. Invitations wait until you allow them again; who has an account keeps it.",
  },
};

const changed: Readonly<Record<string, string>> = {
  open: "Who can register changed to everybody",
  invite: "Who can register changed to by invitation",
  closed: "Who can register changed to nobody",
};

const whose = ({ email }: Pick<Invitation, "email">): string => email ?? "Whoever has the link";

export const admin = {
  title: "Admin",
  registration: { title: "Who can register", modes, changed },
  invitations: {
    title: "Invitations",
    text: "An invitation works once, for two weeks.",
    closed: "Nobody can register at the moment, so invitations wait.",
    open: "Everybody can register at the moment, so nobody needs one.",
    email: "E-mail",
    emailHint: "The invitation goes there, and works for this address only.",
    send: "Send an invitation",
    makeLink: "Make a link",
    link: "Link of the invitation",
    linkText: "Give this link to one person. It is shown only now.",
    mailedText: (email: string) =>
      `The invitation to ${email} is on its way. This is its link, should the mail get lost; it is shown only now.`,
    copy: "Copy",
    done: "Done",
    whose,
    when: ({ createdAt, expiresAt }: Invitation) =>
      `Made ${formatAgo(createdAt)} · works until ${formatDay(expiresAt)}`,
    remove: "Remove",
    removeOf: (invitation: Invitation) => `Remove the invitation: ${whose(invitation)}`,
    removed: "The invitation is removed. Its link does not work any more.",
    none: "No invitation is open.",
  },
  keys: {
    title: "Encryption keys",
    text: "What opens storages, second factors and mails on their way is sealed with a key. When a newer one is put in front, everything is moved to it by itself, while the server runs.",
    is: ({ role, values }: EncryptionKeys[number]) => {
      const secrets = plural(values, "secret");
      if (role === "current") return `Seals now: ${secrets}`;
      if (role === "unknown")
        return `Is missing on this server: ${secrets} can’t be opened. Put it back into ENCRYPTION_KEYS, or let people connect again what it opened.`;
      return values === 0
        ? "Is needed for nothing any more. Take it out of ENCRYPTION_KEYS and restart."
        : `Still opens ${secrets}; they are being moved. Keep it for now.`;
    },
  },
  audit: {
    title: "What happened",
    filter: "Show",
    all: "Everything",
    none: "Nothing like it has happened.",
  },
} as const;
