import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { lookAt, openPage, playheadSeconds } from "#tests/support/screen.ts";
import { annasStorage, connect } from "#tests/support/world.ts";
import { expectMusic, rowOf, signIn } from "./people.ts";

test("the primary storage is switched while music plays, and the music goes on; the old one goes, and what is in both stays", async () => {
  const files = await Promise.all(
    demoRecordings.map(async ({ path }) => [path, await readFile(join(demoFolder, path))] as const),
  );
  const world = await annasStorage((cloud) => {
    for (const [path, bytes] of files) cloud.tree.put(path, bytes);
  });
  const second = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => second.stop());
  const [copied] = files.filter(([path]) => path.includes("Harbour Lights"));
  if (!copied) throw new Error("There is no such demo recording.");
  second.tree.put("Copies/harbour.mp3", copied[1]);
  const { name: secondName } = await connect(world, second);
  const person = await openPage(world.server.baseUrl, `/b/${world.bandId}/library`);
  const { page } = person;
  await signIn(person);
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  await page.getByRole("link", { name: "Storage" }).first().click();
  const card = (name: string) => page.getByRole("article", { name, exact: true });
  const first = card(world.connection.name);
  const other = card(secondName);
  await first.getByText("Primary", { exact: true }).waitFor();
  await other.waitFor();
  const before = await playheadSeconds(page);
  await other.getByRole("button", { name: `More for ${secondName}` }).click();
  await page.getByRole("menuitem", { name: "Make it the primary" }).click();
  await other.getByText("Primary", { exact: true }).waitFor();
  await first.getByText("Primary", { exact: true }).waitFor({ state: "detached" });
  await expect.poll(() => playheadSeconds(page), { timeout: 20_000 }).toBeGreaterThan(before + 1);
  await lookAt(person, "storage-two");

  await first.getByRole("button", { name: `More for ${world.connection.name}` }).click();
  await page.getByRole("menuitem", { name: "Disconnect" }).click();
  await page.getByText(/Removes 7 tracks of it/).waitFor();
  await page.getByText(/1 recording of it is in another storage of this band too/).waitFor();
  await lookAt(person, "disconnect-two");
  await page.getByRole("button", { name: "Disconnect", exact: true }).click();
  await first.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "Harbour Lights").dblclick();
  await expectMusic(person);

  Object.assign(second.quota, { usedBytes: 95_000_000, availableBytes: 5_000_000 });
  await page.getByRole("link", { name: "Storage" }).first().click();
  const choose = async (item: string) => {
    await other.getByRole("button", { name: `More for ${secondName}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await choose("Check the connection");
  await other.getByText("95.0 MB of 100 MB used").waitFor();
  const bar = await other.getByRole("progressbar").boundingBox();
  expect(bar?.width).toBeGreaterThan(100);
  expect(bar?.height).toBeGreaterThan(2);
  await choose("Pause");
  await other.getByText(/^Is paused/).waitFor();
  await lookAt(person, "storage-paused");
  await choose("Resume");
  await other.getByText("Works.").waitFor();
  expect(person.complaints).toEqual([]);
}, 240_000);
