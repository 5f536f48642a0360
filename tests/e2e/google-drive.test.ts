import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { startFakeGoogle } from "#tests/support/fake-google.ts";
import { lookAt, openPage } from "#tests/support/screen.ts";
import { startServer } from "#tests/support/server.ts";
import { expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from no client at Google over its sign-in page to music, and back after the access was taken away", async () => {
  const google = await startFakeGoogle();
  google.isTesting = true;
  for (const { path } of demoRecordings) {
    google.tree.put(`Band/${path}`, await readFile(join(demoFolder, path)));
  }
  const providers = { "google-drive": google.provider() };
  const server = await startServer({ isWorking: true, hasOwnAddress: true, providers });
  const { origin } = server.deps.config.http.publicUrl;
  google.redirectUri = `${origin}/oauth/google-drive/callback`;
  const token = await startSetup(server.deps);
  const person = await openPage(origin, `/setup#token=${token}`);
  const { page } = person;
  await makeFirstAccount(person);

  await page.getByText("Google Drive", { exact: true }).first().click();
  await page.getByRole("button", { name: "Save the client" }).waitFor();
  expect(await page.getByLabel("Redirect URI").inputValue()).toBe(google.redirectUri);
  await lookAt(person, "connect-google-client");
  await page.getByLabel("Client ID").fill(google.client.clientId);
  await page.getByLabel("Client secret", { exact: true }).fill(google.client.clientSecret);
  await page.getByRole("button", { name: "Save the client" }).click();
  await page.getByRole("button", { name: "Connect Google Drive" }).waitFor();
  await page.getByText(/ends the access after seven days/).waitFor();
  await lookAt(person, "connect-google");

  await page.getByRole("button", { name: "Connect Google Drive" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "Google Drive is not connected" }).waitFor();
  await page.getByText(/You said no at Google/).waitFor();
  await lookAt(person, "google-not-connected");
  await page.getByRole("link", { name: "Connect again" }).click();
  await page.getByRole("button", { name: "Connect Google Drive" }).click();
  await page.getByRole("link", { name: "Continue" }).click();

  await page.getByRole("button", { name: "Band" }).waitFor();
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page.getByText(/Google ends this access on/).waitFor();
  await lookAt(person, "google-card");

  google.revokeGrants();
  await page.getByRole("button", { name: "More for Google Drive" }).click();
  await page.getByRole("menuitem", { name: "Check the connection" }).click();
  await page
    .getByRole("link", { name: /^Reconnect/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Reconnect Google Drive" }).click();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByText("anna@gmail.example").first().waitFor();

  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  expect(person.complaints).toEqual([]);
}, 180_000);
