import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formOf, annasServer as startMedia } from "#tests/storage/jellyfin/worlds.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { lookAt } from "#tests/support/screen.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from the printed link over a media server to music", async () => {
  const media = await startMedia();
  media.library.addLibrary("Films", "movies");
  for (const { path } of demoRecordings) {
    media.library.put(`Music/Band/${path}`, await readFile(join(demoFolder, path)));
  }
  const person = await arriveAtSetup();
  const { page } = person;
  await makeFirstAccount(person);
  await page.getByText("Jellyfin or Emby").first().click();
  await page.getByText("API key", { exact: true }).click();
  await page.getByLabel("API key", { exact: true }).last().waitFor();
  await lookAt(person, "connect-jellyfin-key");
  await page.getByText("User name and password", { exact: true }).click();
  await lookAt(person, "connect-jellyfin");
  const { url, username, password } = formOf(media);
  await page.getByLabel("Address").fill(url);
  await page.getByLabel("User name", { exact: true }).fill(username);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("Fill this in.").waitFor();
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/does not accept this user name and password/).waitFor();
  await lookAt(person, "connect-jellyfin-refused");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Connect" }).click();

  await page.getByRole("button", { name: "Music" }).waitFor();
  expect(await page.getByRole("button", { name: "Films" }).count()).toBe(0);
  await page.getByRole("button", { name: "Music" }).click();
  await page.getByRole("button", { name: "Band" }).waitFor();
  await lookAt(person, "picker-jellyfin");
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page
    .getByText(/^Anna at 127\.0\.0\.1/)
    .first()
    .waitFor();
  await lookAt(person, "storage-jellyfin");
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  expect(person.complaints).toEqual([]);
  expect(media.complaints).toEqual([]);
}, 180_000);
