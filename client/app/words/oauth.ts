import type { OAuthTrouble } from "#contract/oauth.ts";

/** What differs from one provider to the other when people sign in there. */
interface Particulars {
  readonly storage: string;
  readonly company: string;
  /** Above the button that leads there. */
  readonly text: string;
  /** Below it, what to know. */
  readonly notes: readonly string[];
  /** Where the provider ends the access by itself. */
  readonly ends?: (date: string) => string;
  /** How to make a client there. */
  readonly client: { readonly text: string; readonly steps: readonly string[] };
  readonly why: Pick<Readonly<Record<OAuthTrouble, string>>, "no_files" | "client">;
}

/** Signing in at a provider, and coming back from there. */
export const createOAuthWords = ({ storage, company, ends, ...own }: Particulars) => ({
  connect: `Connect ${storage}`,
  reconnect: `Reconnect ${storage}`,
  leaving: `Going to ${company}`,
  text: own.text,
  notes: own.notes,
  ends: ends ?? (() => null),
  client: {
    title: `First, make a client at ${company}`,
    titleOwn: `Your client at ${company}`,
    ...own.client,
    redirectUri: "Redirect URI",
    copy: "Copy",
    copied: "Copied",
    clientId: "Client ID",
    clientSecret: "Client secret",
    secretHint: "Kept encrypted on this server and never shown again.",
    save: "Save the client",
    saved: (id: string) => `Your band’s own client is used: ${id}`,
    remove: "Remove the client",
    missing: "Fill this in.",
  },
  notConnected: {
    title: `${storage} is not connected`,
    again: "Connect again",
    home: "Go to Backline",
    kept: "Nothing was changed; your library is as it was.",
    why: {
      denied: `You said no at ${company}. Connect again when you want to.`,
      expired: `It took longer than ten minutes, so what ${company} sent back does not count any more. Connect again.`,
      unknown: `What ${company} sent back has been used already, or was not asked for here. If the storage is not on your list, connect again.`,
      other_browser:
        "This was begun in another browser or a private window. Connect again here, or go back there.",
      signed_out: "You were signed out in the meantime. Sign in and connect again.",
      wrong_server: `Somebody else answered than ${company}, so nothing was taken. Connect again.`,
      not_allowed:
        "You are not an owner of this band any more, or the storage is gone. Ask an owner of the band.",
      no_storage: `This account has no ${storage}. Open ${storage} once with it, or connect again with another account.`,
      other_account: `That is another ${company} account than this storage belongs to. Reconnect with the same account, or connect the other one as a new storage.`,
      maintenance: "The server is in maintenance. Connect again when it is over.",
      unavailable: `${company} did not answer as it should. Connect again in a while.`,
      ...own.why,
    } satisfies Readonly<Record<OAuthTrouble, string>>,
  },
});
