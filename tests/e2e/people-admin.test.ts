import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { createPerson, type Person as Somebody } from "#tests/auth/people.ts";
import { lookAt, openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import { annasServer } from "#tests/support/world.ts";
import { ACCOUNT, arrive, heading, keepInSight, openSettings, signIn } from "./people.ts";

/** The names of people who have accounts and do nothing. */
const FANS = Array.from({ length: 20 }, (_, n) => `fan-${n}`);

/** Anna's server with Ben, who is a listener, and with as many others as are told. */
async function annaBenAnd(others: readonly string[]) {
  const { server } = await annasServer({ isWorking: true });
  for (const name of others) await createPerson(server.deps, name, { passwordHash: "none" });
  const ben = await createPerson(server.deps, "ben", { isVerified: true });
  const browser = await startBrowser();
  const enter = async (who: Pick<Somebody, "email" | "password">) => {
    const person = await openPage(server.baseUrl, "/sign-in", browser);
    await signIn(person, who);
    await arrive(person);
    return person;
  };
  return { server, ben, enter };
}

async function openAdmin(person: Person) {
  await person.page.getByRole("link", { name: "Admin" }).first().click();
  await heading(person, "Admin");
  const list = person.page.getByRole("list", { name: "People" });
  await list.waitFor();
  await keepInSight(person, "People");
  return list;
}

const choose = async ({ page }: Person, name: string, item: string) => {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

const chooseRole = async ({ page }: Person, name: string, role: string) => {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitemradio", { name: role }).click();
};

const roleInSettings = ({ page }: Person, role: string) =>
  page.getByRole("region", { name: "Profile" }).getByText(role, { exact: true });

const confirmAddress = ({ deps }: TestServer, { userId }: Somebody) =>
  write(deps, (tx) =>
    tx.execute(sql`update users set email_verified_at = now() where id = ${userId}`),
  );

test("who is suspended is out at their next step and stays out, until they are let in again", async () => {
  const { ben, enter } = await annaBenAnd(["carla"]);
  const anna = await enter(ACCOUNT);
  const bens = await enter(ben);
  const list = await openAdmin(anna);
  const line = list.getByRole("listitem").filter({ hasText: ben.email });
  await line.getByText(/Listener · last seen just now/).waitFor();
  await list.getByText("Not confirmed").first().waitFor();
  await list.getByText(/carla@band.example · Listener · not seen lately/).waitFor();
  await lookAt(anna, "people");

  await anna.page.getByRole("button", { name: "More for ben" }).click();
  await anna.page.getByRole("menuitemradio", { name: "Listener", checked: true }).waitFor();
  await lookAt(anna, "people-menu");
  await anna.page.getByRole("menuitem", { name: "Suspend" }).click();
  const dialog = anna.page.getByRole("dialog", { name: "Suspend ben?" });
  await dialog.getByText("Everything of theirs is kept.").waitFor();
  await lookAt(anna, "people-suspend");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await list.getByText(/Suspended/).count()).toBe(0);
  await choose(anna, "ben", "Suspend");
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await line.getByText(/Suspended since/).waitFor();

  await bens.page.getByRole("link", { name: "Settings" }).first().click();
  await heading(bens, "Sign in");
  await bens.page.getByText(/You were signed out/).waitFor();
  await signIn(bens, ben);
  await bens.page.getByText(/This account is suspended/).waitFor();
  await lookAt(bens, "sign-in-suspended");
  await lookAt(anna, "people-suspended");

  await choose(anna, "ben", "Let in again");
  await expect.poll(() => line.getByText(/Suspended/).count()).toBe(0);
  await signIn(bens, ben);
  await heading(bens, "Settings");

  const happened = anna.page.getByRole("list", { name: "What happened" });
  const restored = happened.getByRole("listitem").filter({ hasText: "Account let in again" });
  await restored.getByText(/^You, about ben · /).waitFor();
  await keepInSight(anna, "What happened");
  await lookAt(anna, "people-audit");
  expect(anna.complaints).toEqual([]);
  expect(bens.complaints).toEqual([]);
}, 300_000);

test("people are found by name and address, and all of them are there", async () => {
  const { ben, enter } = await annaBenAnd(FANS);
  const anna = await enter(ACCOUNT);
  const { page } = anna;
  const list = await openAdmin(anna);
  await expect.poll(() => list.getByRole("listitem").count()).toBe(20);
  await page.getByRole("button", { name: "Show more people" }).click();
  await expect.poll(() => list.getByRole("listitem").count()).toBe(22);
  const annas = list.getByRole("listitem").filter({ hasText: ACCOUNT.email });
  await annas.getByText("You", { exact: true }).waitFor();

  const field = page.getByRole("searchbox", { name: "Search name or address" });
  await field.fill("BEN@");
  await expect.poll(() => list.getByRole("listitem").count()).toBe(1);
  await list.getByText(ben.email).waitFor();
  await expect.poll(() => new URL(page.url()).search).toBe("?q=BEN%40");
  await page.getByRole("combobox", { name: "Show" }).selectOption("Signed in");
  await expect.poll(() => new URL(page.url()).searchParams.get("action")).toBe("session.opened");
  await page.reload();
  await expect.poll(() => list.getByRole("listitem").count()).toBe(1);
  await keepInSight(anna, "People");
  await lookAt(anna, "people-found");

  await field.fill("nobody at all");
  await page.getByText("Nobody has this in their name or address.").waitFor();
  await lookAt(anna, "people-none");
  await page.getByRole("button", { name: "Show everybody" }).click();
  await expect.poll(() => list.getByRole("listitem").count()).toBeGreaterThan(19);
  expect(anna.complaints).toEqual([]);
}, 240_000);

test("an administrator gives roles and ends sign-ins; the last one stays an administrator", async () => {
  const { ben, enter } = await annaBenAnd([]);
  const anna = await enter(ACCOUNT);
  const bens = await enter(ben);
  const { page } = anna;
  const list = await openAdmin(anna);
  await page.getByRole("button", { name: "More for Anna" }).click();
  await page.getByRole("menuitem", { name: "Sign out everywhere" }).waitFor();
  expect(await page.getByRole("menuitem", { name: "Suspend" }).count()).toBe(0);
  await page.getByRole("menuitemradio", { name: "Creator" }).click();
  const dialog = page.getByRole("dialog", { name: "Give up being an administrator?" });
  await dialog.getByRole("button", { name: "Give it up" }).click();
  await dialog.getByText(/This is the last administrator of the server/).waitFor();
  await lookAt(anna, "people-last-admin");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });

  await choose(anna, "ben", "Sign out everywhere");
  await page.getByText("ben is signed out on all devices.").waitFor();
  await bens.page.getByRole("link", { name: "Settings" }).first().click();
  await heading(bens, "Sign in");

  await chooseRole(anna, "ben", "Administrator");
  await list.getByText(/ben@band.example · Administrator/).waitFor();
  await page.getByText("ben is an administrator now.").waitFor();
  await signIn(bens, ben);
  await heading(bens, "Settings");
  await openAdmin(bens);

  await chooseRole(anna, "Anna", "Creator");
  await dialog.getByRole("button", { name: "Give it up" }).click();
  await arrive(anna);
  await expect.poll(() => page.getByRole("link", { name: "Admin" }).count()).toBe(0);
  await openSettings(anna);
  await roleInSettings(anna, "Creator").waitFor();
  expect(await page.getByRole("button", { name: "Become a creator" }).count()).toBe(0);

  await choose(bens, "ben", "Sign out everywhere");
  await heading(bens, "Sign in");
  expect(anna.complaints).toEqual([]);
  expect(bens.complaints).toEqual([]);
}, 240_000);

test("a listener with a confirmed address becomes a creator, and is told that it is for good", async () => {
  const { server, enter } = await annaBenAnd([]);
  const carla = await createPerson(server.deps, "carla");
  const anna = await enter(ACCOUNT);
  await openSettings(anna);
  await roleInSettings(anna, "Administrator").waitFor();
  const offerTo = ({ page }: Person) => page.getByRole("button", { name: "Become a creator" });
  expect(await offerTo(anna).count()).toBe(0);

  const person = await enter(carla);
  const { page } = person;
  await openSettings(person);
  await page.getByText("Confirm your e-mail first.").waitFor();
  expect(await offerTo(person).isDisabled()).toBe(true);
  await lookAt(person, "creator-not-confirmed");

  await confirmAddress(server, carla);
  await page.reload();
  await page.getByText(/There is no way back/).waitFor();
  await lookAt(person, "creator");
  await offerTo(person).click();
  const dialog = page.getByRole("dialog", { name: "Become a creator?" });
  await dialog.getByText(/There is no way back/).waitFor();
  await lookAt(person, "creator-dialog");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  await roleInSettings(person, "Listener").waitFor();

  await offerTo(person).click();
  await dialog.getByRole("button", { name: "Become a creator" }).click();
  await roleInSettings(person, "Creator").waitFor();
  await expect.poll(() => offerTo(person).count()).toBe(0);
  await page.getByText("Account made a creator").waitFor();
  await lookAt(person, "creator-done");
  await page.reload();
  await roleInSettings(person, "Creator").waitFor();
  expect(await offerTo(person).count()).toBe(0);
  expect(anna.complaints).toEqual([]);
  expect(person.complaints).toEqual([]);
}, 240_000);
