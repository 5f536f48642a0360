import { cp } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt, playheadSeconds } from "#tests/support/screen.ts";
import { startNephele } from "#tests/support/webdav-servers.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from the printed link to music with the demo recordings", async () => {
  const person = await arriveAtSetup({ environment: { EGRESS_ALLOW_LOOPBACK: "0" } });
  const { page } = person;
  await lookAt(person, "setup");
  expect(page.url(), "the token stays in the address").not.toContain("token");
  await makeFirstAccount(person);
  await lookAt(person, "welcome");

  await page.getByRole("button", { name: "Try it with demo recordings" }).click();
  await expectMusicWithin(person);
  await lookAt(person, "library-playing");

  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  const before = await playheadSeconds(page);
  await expect.poll(() => playheadSeconds(page)).toBeGreaterThan(before);
  expect(person.complaints).toEqual([]);
}, 180_000);

test("from the printed link over a WebDAV server to the middle of a recording", async () => {
  const folder = await createTestFolder();
  await cp(demoFolder, `${folder}/Band`, { recursive: true });
  await cp(`${demoFolder}/The Lamplight Sessions`, `${folder}/Elsewhere`, { recursive: true });
  const dav = await startNephele(folder);
  onTestFinished(() => dav.stop());
  const person = await arriveAtSetup();
  const { page } = person;
  await makeFirstAccount(person);

  await page.getByText("Nextcloud or WebDAV").first().click();
  await page.getByRole("button", { name: /another WebDAV server/ }).click();
  await lookAt(person, "connect-webdav");
  await page.getByLabel("Address").fill(dav.url);
  await page.getByLabel("User name").fill(dav.username);
  await page.getByLabel("App password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/does not accept this user name and password/).waitFor();
  await lookAt(person, "connect-refused");
  await page.getByLabel("App password", { exact: true }).fill(dav.password);
  await page.getByRole("button", { name: "Connect" }).click();

  await page.getByRole("button", { name: "Band" }).click();
  await page.getByRole("button", { name: "Low Tide Radio" }).waitFor();
  await lookAt(person, "folder-picker");
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await lookAt(person, "scan-done");

  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await expect
    .poll(() => page.getByRole("row").count(), { message: "only what lies in the chosen folder" })
    .toBe(1 + demoRecordings.length);
  await page.keyboard.press("/");
  await page.keyboard.type("lighthouse");
  await expect.poll(() => page.getByRole("row").count()).toBe(2);
  await rowOf(person, "Lighthouse Keepers").dblclick();
  await expectMusic(person);
  await page.getByRole("slider", { name: "Position" }).focus();
  const before = await playheadSeconds(page);
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowRight");
  // Without the keys it would not have come so far by then.
  await expect.poll(() => playheadSeconds(page), { timeout: 5_000 }).toBeGreaterThan(before + 12);
  expect(person.complaints).toEqual([]);
}, 180_000);

/** The demo leads to the library and, where the browser allows it, plays by itself. */
async function expectMusicWithin(person: Awaited<ReturnType<typeof arriveAtSetup>>): Promise<void> {
  await rowOf(person, "Harbour Lights").waitFor({ timeout: 60_000 });
  await rowOf(person, "Harbour Lights").dblclick();
  await expectMusic(person);
}
