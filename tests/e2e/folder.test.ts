import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt, type Person } from "#tests/support/screen.ts";
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
  await deleteRecordings(person, join(folder, "Band"));
  expect(person.complaints).toEqual([]);
}, 180_000);

/** Not before it is allowed, from the list and from its page, and one whose file is gone already. */
async function deleteRecordings(person: Person, folder: string): Promise<void> {
  const { page } = person;
  const fileOf = (title: string) => {
    const found = demoRecordings.find(({ path }) => path.includes(title));
    return join(folder, found?.path ?? expect.unreachable());
  };
  const openMenu = async (title: string) => {
    await rowOf(person, title).click({ button: "right" });
    await page.getByRole("menuitem", { name: "Download" }).waitFor();
  };
  await openMenu("Moth Hour");
  expect(await page.getByRole("menuitem", { name: "Delete…" }).count()).toBe(0);
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Storage" }).first().click();
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Allow deleting recordings" }).click();
  await page.getByText(/its file goes from the storage/).waitFor();
  await lookAt(person, "allow-deleting");
  await page.getByRole("button", { name: "Allow deleting recordings" }).click();
  await page.getByText("Owners can delete recordings", { exact: true }).waitFor();
  await lookAt(person, "deleting-allowed");

  await page.getByRole("link", { name: "Library" }).first().click();
  await openMenu("Moth Hour");
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByText(/gone for good/).waitFor();
  await lookAt(person, "delete-recording");
  expect(existsSync(fileOf("Moth Hour"))).toBe(true);
  await page.getByRole("button", { name: "Delete the file" }).click();
  await page.getByText("“Moth Hour” was deleted.").waitFor();
  await rowOf(person, "Moth Hour").waitFor({ state: "detached" });
  expect(existsSync(fileOf("Moth Hour"))).toBe(false);

  await openMenu("夜汽車");
  await page.getByRole("menuitem", { name: "Details" }).click();
  await page.getByRole("heading", { name: "夜汽車" }).waitFor();
  await lookAt(person, "track-deletable");
  await rm(fileOf("夜汽車"));
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the file" }).click();
  await page.getByText("“夜汽車” was deleted.").waitFor();
  await page.getByRole("heading", { name: "Library" }).waitFor();
  await rowOf(person, "Harbour Lights").waitFor();
  expect(await rowOf(person, "夜汽車").count()).toBe(0);
}
