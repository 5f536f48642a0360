import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { demoFolder } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from the printed link over a folder of the server to music", async () => {
  const folder = await createTestFolder();
  await cp(demoFolder, join(folder, "Band"), { recursive: true });
  const person = await arriveAtSetup({ environment: { FOLDER_ROOTS: folder } });
  const { page } = person;
  await makeFirstAccount(person);
  await page.getByText("Folder on this server").first().click();
  const field = page.getByLabel("Folder on the server");
  await field.fill("/etc");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/has not allowed this folder/).waitFor();
  await field.fill(folder);
  await page.getByRole("button", { name: "Connect" }).click();

  await page.getByRole("button", { name: "Band" }).click();
  await page.locator("[aria-current=location]").getByText("Band").waitFor();
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page.getByText(basename(folder)).first().waitFor();
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  expect(person.complaints).toEqual([]);
}, 180_000);
