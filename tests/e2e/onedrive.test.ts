import { test } from "vitest";
import { startFakeMicrosoft } from "#tests/support/fake-microsoft.ts";
import { fromNoClientToMusic } from "./oauth-storage.ts";

test("from no client at Microsoft over its sign-in page to music, and back after the access was taken away", async () => {
  await fromNoClientToMusic({
    provider: "onedrive",
    service: await startFakeMicrosoft(),
    storage: "OneDrive",
    company: "Microsoft",
    picture: "onedrive",
    note: /its administrator to agree first/,
    parting: /Microsoft lets no program end its own access/,
  });
}, 300_000);
