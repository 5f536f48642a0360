import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { write } from "#server/base/db.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { lookAt } from "#tests/support/screen.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from the printed link over signing in at a Nextcloud to music, and once more when its access was taken away", async () => {
  const cloud = await startFaultServer({ persona: "nextcloud", basePath: "/nextcloud" });
  onTestFinished(() => cloud.stop());
  for (const { path } of demoRecordings) {
    cloud.tree.put(`Band/${path}`, await readFile(join(demoFolder, path)));
  }
  cloud.tree.put("Memos/idea.mp3", "not heard here");
  const { host } = new URL(cloud.url);
  const person = await arriveAtSetup();
  const { page, context, server } = person;
  await makeFirstAccount(person);

  await page.getByText("Nextcloud or WebDAV").first().click();
  await page.getByRole("button", { name: "Sign in at your Nextcloud" }).click();
  await page.getByText("Fill this in.").waitFor();
  await page.getByLabel("Address of your Nextcloud").fill("http://127.0.0.1:1/");
  await page.getByRole("button", { name: "Sign in at your Nextcloud" }).click();
  await page
    .getByRole("alert")
    .getByText(/127\.0\.0\.1/)
    .waitFor();
  await lookAt(person, "connect-nextcloud-refused");

  const begin = async () => {
    await page.getByLabel("Address of your Nextcloud").fill(cloud.baseUrl);
    await page.getByRole("button", { name: "Sign in at your Nextcloud" }).click();
    await page.getByRole("heading", { name: `Sign in at ${host}` }).waitFor();
  };
  await begin();
  await page.getByText(`Nextcloud 33.0.2 answers at ${host}`).waitFor();
  await lookAt(person, "connect-nextcloud-waiting");
  await page.getByRole("button", { name: "Cancel" }).click();

  await begin();
  await write(server.deps, (tx) => tx.execute(sql`update nextcloud_logins set expires_at = now()`));
  await page.getByText(/20 minutes are over/).waitFor();
  await lookAt(person, "connect-nextcloud-over");
  await page.getByRole("button", { name: "Begin again" }).click();

  const grant = async () => {
    const opened = context.waitForEvent("page");
    await page.getByRole("link", { name: `Open ${host}` }).click();
    const cloudPage = await opened;
    await cloudPage.getByRole("link", { name: "Grant access" }).click();
    await cloudPage.getByRole("heading", { name: "Account connected" }).waitFor();
    await cloudPage.close();
  };
  await begin();
  await grant();
  await page.getByRole("button", { name: "Band", exact: true }).waitFor();
  const suggested = page.getByRole("list", { name: "Your storage knows of recordings in" });
  await suggested.getByText("Memos").waitFor();
  await lookAt(person, "choose-folder-suggested");
  await suggested.getByRole("button", { name: /^Band/ }).click();
  await page.locator("[aria-current=location]").getByText("Band").waitFor();
  expect(await suggested.count()).toBe(0);
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page.getByText(`anna at ${host}`).first().waitFor();

  cloud.appPasswords.clear();
  await page.getByRole("button", { name: "More for Nextcloud" }).click();
  await page.getByRole("menuitem", { name: "Check the connection" }).click();
  await page.getByRole("link", { name: "Reconnect" }).click();
  await page.getByRole("button", { name: "Sign in at your Nextcloud" }).click();
  await grant();
  await page.getByText("Nextcloud works.").first().waitFor();
  expect(cloud.appPasswords.size).toBe(1);

  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  expect(person.complaints).toEqual([]);
}, 180_000);
