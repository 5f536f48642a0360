import { test } from "vitest";
import { startFakeGoogle } from "#tests/support/fake-google.ts";
import { fromNoClientToMusic } from "./oauth-storage.ts";

test("from no client at Google over its sign-in page to music, and back after the access was taken away", async () => {
  const google = await startFakeGoogle();
  google.isTesting = true;
  await fromNoClientToMusic({
    provider: "google-drive",
    service: google,
    storage: "Google Drive",
    company: "Google",
    picture: "google",
    note: /ends the access after seven days/,
    cardNote: /Google ends this access on/,
    parting: /The access at Google is ended there/,
  });
}, 300_000);
