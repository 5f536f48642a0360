import type { OAuthTrouble } from "#contract/oauth.ts";

/** Signing in at Google, and coming back from there. */
export const google = {
  connect: "Connect Google Drive",
  reconnect: "Reconnect Google Drive",
  leaving: "Going to Google",
  text: "You sign in at Google and allow Backline to see your files. It can read them and nothing else, and your password is never typed here.",
  sevenDays:
    "While the client’s publishing status at Google is “Testing”, Google ends the access after seven days. Set it to “In production” in the Google Cloud console under Google Auth Platform, Audience; Google’s review is not needed for your own use, only a warning to pass.",
  unverified:
    "Google may warn that it has not verified the app, because the client is your own: choose Advanced, then go on.",
  ends: (date: string) =>
    `Google ends this access on ${date}, because the client’s publishing status is “Testing”. Set it to “In production” at Google, then reconnect.`,
  client: {
    title: "First, make a client at Google",
    titleOwn: "Your client at Google",
    text: "Google wants to know who asks. It takes about five minutes, once, and costs nothing.",
    steps: [
      "Open console.cloud.google.com and create a project.",
      "Under APIs & Services, Library, choose Google Drive API and press Enable.",
      "Under Google Auth Platform, press Get started: name it Backline, choose External, and enter your address.",
      "Under Audience, press Publish app, so that the access does not end after seven days.",
      "Under Clients, press Create client, choose Web application, and add the redirect URI below.",
      "Copy the client ID and the client secret here.",
    ],
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
    title: "Google Drive is not connected",
    again: "Connect again",
    home: "Go to Backline",
    kept: "Nothing was changed; your library is as it was.",
    why: {
      denied: "You said no at Google. Connect again when you want to.",
      expired:
        "It took longer than ten minutes, so what Google sent back does not count any more. Connect again.",
      unknown:
        "What Google sent back has been used already, or was not asked for here. If the storage is not on your list, connect again.",
      other_browser:
        "This was begun in another browser or a private window. Connect again here, or go back there.",
      signed_out: "You were signed out in the meantime. Sign in and connect again.",
      wrong_server: "Somebody else answered than Google, so nothing was taken. Connect again.",
      not_allowed:
        "You are not an owner of this band any more, or the storage is gone. Ask an owner of the band.",
      no_files:
        "Google did not give the permission to see files. Connect again and leave that permission ticked.",
      other_account:
        "That is another Google account than this storage belongs to. Reconnect with the same account, or connect the other one as a new storage.",
      client:
        "Google refuses the client ID or its secret, or the Google Drive API is not enabled for it. Check them, then connect again.",
      maintenance: "The server is in maintenance. Connect again when it is over.",
      unavailable: "Google did not answer as it should. Connect again in a while.",
    } satisfies Readonly<Record<OAuthTrouble, string>>,
  },
} as const;
