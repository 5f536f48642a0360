import { readFile } from "node:fs/promises";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { makeBand } from "#tests/leaving/leaver.ts";
import { lookAt, openPage } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import { readZip } from "#tests/support/zip.ts";
import {
  annasMailingServer,
  arrive,
  heading,
  keepInSight,
  openSettings,
  signIn,
} from "./people.ts";

/** Everybody's password was shown so long ago that it has to be shown again. */
const letTimePass = ({ deps }: TestServer) =>
  write(deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );

/** Ben has a band with Carla, and the demo recordings are in it. */
async function bensPage() {
  const world = await annasMailingServer();
  const { server } = world;
  const { personalBandId } = await world.anna.api.auth.me.query();
  const { deps } = server;
  const ben = await createPerson(deps, "ben", { isVerified: true });
  const carla = await createPerson(deps, "carla");
  const duo = await makeBand(server, "Duo", { [ben.userId]: "owner", [carla.userId]: "editor" });
  const api = server.guest().api;
  await api.auth.signIn.mutate({ email: ben.email, password: ben.password, rememberMe: false });
  await api.connections.createDemo.mutate({ bandId: duo });
  const count = () => api.library.tracks.list.query({ bandId: duo });
  await expect.poll(async () => (await count()).total, { timeout: 30_000 }).toBe(8);
  const person = await openPage(server.baseUrl, "/sign-in");
  await signIn(person, ben);
  await arrive(person);
  await openSettings(person);
  return { ...world, ben, person, page: person.page, personalBandId };
}

test("who wants a copy of everything shows the password, waits, and downloads it once", async () => {
  const { server, ben, mail, person, page } = await bensPage();
  await letTimePass(server);
  await keepInSight(person, "Your data");
  await lookAt(person, "settings-your-data");
  await page.getByRole("button", { name: "Ask for a copy" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.getByLabel("Current password", { exact: true }).fill(ben.password);
  await page.keyboard.press("Enter");
  const copies = page.getByRole("list", { name: "Copies" });
  await copies.getByText(/^Ready, /).waitFor();
  expect((await mail.next(ben.email)).subject).toBe("Your copy is ready");
  await keepInSight(person, "Your data");
  await lookAt(person, "settings-copy-ready");

  await letTimePass(server);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    (async () => {
      await copies.getByRole("button", { name: "Download" }).click();
      await again.getByLabel("Current password", { exact: true }).fill(ben.password);
      await page.keyboard.press("Enter");
    })(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^backline-export-\d{4}-\d\d-\d\d\.zip$/);
  const files = readZip(await readFile(await download.path()));
  expect([...files.keys()]).toContain("bands/Duo/tracks.csv");
  await copies.getByText("Downloaded", { exact: true }).waitFor({ timeout: 20_000 });
  expect(await copies.getByRole("button").count()).toBe(0);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("who deletes their account sees first what happens, decides, and is gone", async () => {
  const { server, ben, mail, person, page } = await bensPage();
  await page.getByRole("link", { name: "Look at it" }).click();
  await heading(person, "Delete your account");
  await page.getByText("Your own library is removed.").waitFor();
  await lookAt(person, "delete-account");
  await page.getByRole("radio", { name: "Remove it for everybody" }).check();
  await page.getByText(/with 1 storage and 8 recordings/).waitFor();
  await lookAt(person, "delete-account-remove");
  await page.getByRole("radio", { name: "Hand it over" }).check();
  const heirs = page.getByRole("combobox", { name: "New owner of Duo" });
  expect(await heirs.locator("option").allTextContents()).toEqual(["carla"]);

  await page.getByRole("button", { name: "Delete my account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete your account for good?" });
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await dialog.getByText("Type ben@band.example, as it is shown.").waitFor();
  await lookAt(person, "delete-account-confirm");
  await dialog.getByLabel("Type ben@band.example to confirm").fill(ben.email);
  await letTimePass(server);
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.getByLabel("Current password", { exact: true }).fill(ben.password);
  await page.keyboard.press("Enter");
  await heading(person, "Your account is deleted");
  await lookAt(person, "goodbye");
  expect((await mail.next(ben.email)).subject).toBe("Your account is deleted");
  expect((await person.context.cookies()).map(({ name }) => name)).not.toContain("backline-access");

  await page.goto("/");
  await heading(person, "Sign in");
  await signIn(person, ben);
  await page
    .getByRole("alert")
    .filter({ hasText: /not right/ })
    .waitFor();
  expect(person.complaints).toEqual([]);
}, 240_000);

test("the last administrator is told why the account stays", async () => {
  const { server } = await annasMailingServer();
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await arrive(person);
  await openSettings(person);
  await page.getByRole("link", { name: "Look at it" }).click();
  await page.getByText(/You are the last administrator/).waitFor();
  expect(await page.getByRole("button", { name: "Delete my account" }).count()).toBe(0);
  await lookAt(person, "delete-account-last-admin");
  await page.getByRole("main").getByRole("link", { name: "Go to Admin" }).click();
  await heading(person, "Admin");
  expect(person.complaints).toEqual([]);
}, 240_000);
