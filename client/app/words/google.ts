import { createOAuthWords } from "./oauth.ts";

export const google = createOAuthWords({
  storage: "Google Drive",
  company: "Google",
  text: "You sign in at Google and allow Backline to see your files. It can read them and nothing else, and your password is never typed here.",
  notes: [
    "Google may warn that it has not verified the app, because the client is your own: choose Advanced, then go on.",
    "While the client’s publishing status at Google is “Testing”, Google ends the access after seven days. Set it to “In production” in the Google Cloud console under Google Auth Platform, Audience; Google’s review is not needed for your own use, only a warning to pass.",
  ],
  ends: (date) =>
    `Google ends this access on ${date}, because the client’s publishing status is “Testing”. Set it to “In production” at Google, then reconnect.`,
  client: {
    text: "Google wants to know who asks. It takes about five minutes, once, and costs nothing.",
    steps: [
      "Open console.cloud.google.com and create a project.",
      "Under APIs & Services, Library, choose Google Drive API and press Enable.",
      "Under Google Auth Platform, press Get started: name it Backline, choose External, and enter your address.",
      "Under Audience, press Publish app, so that the access does not end after seven days.",
      "Under Clients, press Create client, choose Web application, and add the redirect URI below.",
      "Copy the client ID and the client secret here.",
    ],
  },
  why: {
    no_files:
      "Google did not give the permission to see files. Connect again and leave that permission ticked.",
    client:
      "Google refuses the client ID or its secret, or the Google Drive API is not enabled for it. Check them, then connect again.",
  },
});
