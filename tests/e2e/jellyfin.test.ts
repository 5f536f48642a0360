import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { type FakeJellyfin, startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";
import { lookAt, openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import { annasServer } from "#tests/support/world.ts";
import { ACCOUNT, arrive, heading, keepInSight, openSettings, signIn } from "./people.ts";

const OBOES = "nine slow oboes";
const SECTION = "Sign-in with Jellyfin or Emby";

/** Everybody showed who they are so long ago that they have to again. */
const letTimePass = ({ deps }: TestServer) =>
  write(deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );

async function openAdmin(person: Person): Promise<void> {
  await person.page.getByRole("link", { name: "Admin" }).first().click();
  await heading(person, SECTION);
  await keepInSight(person, SECTION);
}

async function signInThere({ page }: Person, username: string, password = OBOES): Promise<void> {
  await page.getByRole("button", { name: "Sign in with Attic (Jellyfin)" }).click();
  await fillIn({ page }, username, password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function fillIn({ page }: Pick<Person, "page">, username: string, password = OBOES) {
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
}

async function signOut({ page }: Person, name: string): Promise<void> {
  await page.getByRole("button", { name: `Account of ${name}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Anna's server and a media server with Ben, not yet known to each other. */
async function annaAndAttic() {
  const jellyfin = await startFakeJellyfin({ name: "Attic" });
  const { server, anna: sdk } = await annasServer({ isWorking: true });
  const browser = await startBrowser();
  const open = () => openPage(server.baseUrl, "/sign-in", browser);
  return { jellyfin, server, sdk, open, ben: jellyfin.addUser("Ben", OBOES) };
}

const expectTokens = (jellyfin: FakeJellyfin, count: number): Promise<void> =>
  expect.poll(() => jellyfin.liveTokens().length, { timeout: 15_000 }).toBe(count);

test("the administrator sets the media server, and somebody comes in with it and goes", async () => {
  const { jellyfin, server, open } = await annaAndAttic();
  const anna = await open();
  expect(await anna.page.getByRole("button", { name: /Sign in with/ }).count()).toBe(0);
  await signIn(anna);
  await arrive(anna);
  await openAdmin(anna);
  await lookAt(anna, "jellyfin-admin-none");
  const section = anna.page.getByRole("region", { name: SECTION });
  await section.getByLabel("Address of the server").fill(server.baseUrl);
  await section.getByRole("button", { name: "Check and use it" }).click();
  await section.getByText(/is not a Jellyfin or Emby server/).waitFor();
  await lookAt(anna, "jellyfin-admin-wrong");
  await section.getByLabel("Address of the server").fill(`${jellyfin.url}/web/`);
  await section.getByRole("button", { name: "Check and use it" }).click();
  await section.getByText("Attic answers: Jellyfin 12.0.0").waitFor();
  await anna.page.getByText("People can sign in with Attic (Jellyfin).").waitFor();

  const bens = await open();
  const { page } = bens;
  await lookAt(bens, "sign-in-ways");
  await page.getByRole("button", { name: "Sign in with Attic (Jellyfin)" }).click();
  await heading(bens, "Sign in with Attic (Jellyfin)");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Enter your user name.").waitFor();
  await lookAt(bens, "sign-in-jellyfin-incomplete");
  await fillIn(bens, "ben", "not it");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText(/The user name or the password is not right/).waitFor();
  await fillIn(bens, "ben");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText(/Attic knows you, but no account here belongs to you/).waitFor();
  await lookAt(bens, "sign-in-jellyfin-unknown");

  const newPeople = section.getByRole("switch", { name: "New people may come in" });
  await newPeople.click();
  await expect.poll(() => newPeople.isChecked()).toBe(true);
  await expect.poll(() => newPeople.isEnabled()).toBe(true);
  await lookAt(anna, "jellyfin-admin-on");
  await page.getByRole("button", { name: "Sign in another way" }).click();
  await page.getByLabel("E-mail").waitFor();
  await signInThere(bens, "ben");
  await arrive(bens);
  await expectTokens(jellyfin, 1);
  await page.goto("/");
  await openSettings(bens);
  await page.getByText("You can sign in with your account Ben there.").waitFor();
  expect(await page.getByRole("button", { name: "Change password" }).count()).toBe(0);
  await lookAt(bens, "settings-jellyfin-only");
  await signOut(bens, "Ben");
  await expectTokens(jellyfin, 0);

  await section.getByRole("button", { name: "Switch off" }).click();
  const dialog = anna.page.getByRole("dialog", { name: /Switch sign-in with Attic/ });
  await dialog.getByText(/no other way in/).waitFor();
  await lookAt(anna, "jellyfin-admin-off");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await section.getByRole("button", { name: "Check and use it" }).waitFor();
  await page.reload();
  await page.getByLabel("E-mail").waitFor();
  expect(await page.getByRole("button", { name: /Sign in with (?!a passkey)/ }).count()).toBe(0);
  expect(anna.complaints).toEqual([]);
  expect(bens.complaints).toEqual([]);
  expect(jellyfin.complaints).toEqual([]);
}, 300_000);

test("who has no password here shows the one of the media server, and cannot unlink their only way in", async () => {
  const { jellyfin, server, sdk, open } = await annaAndAttic();
  await sdk.api.admin.jellyfin.set.mutate({ url: jellyfin.url, newUsers: true });
  const bens = await open();
  const { page } = bens;
  await signInThere(bens, "ben");
  await arrive(bens);
  await page.goto("/");
  await openSettings(bens);
  await letTimePass(server);
  await page.getByRole("button", { name: "Set up" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.getByText(/what you sign in with at Attic \(Jellyfin\)/).waitFor();
  await lookAt(bens, "again-jellyfin");
  await again.getByLabel("User name").fill("Ben");
  await again.getByLabel("Password", { exact: true }).fill("not it");
  await again.getByRole("button", { name: "Go on" }).click();
  await again.getByText(/The password is not right/).waitFor();
  await again.getByLabel("Password", { exact: true }).fill(OBOES);
  await again.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("img", { name: "QR code with the secret for your app" }).waitFor();

  await page.getByRole("button", { name: "Unlink" }).click();
  const dialog = page.getByRole("dialog", { name: "Unlink Attic (Jellyfin)?" });
  await dialog.getByRole("button", { name: "Unlink" }).click();
  await dialog.getByText(/Attic is your only way in/).waitFor();
  await lookAt(bens, "unlink-only-way");
  await expectTokens(jellyfin, 1);
  expect(bens.complaints).toEqual([]);
}, 240_000);

test("who has an account links the one of the media server, comes in with it, and unlinks it", async () => {
  const { jellyfin, server, sdk, open } = await annaAndAttic();
  await sdk.api.admin.jellyfin.set.mutate({ url: jellyfin.url, newUsers: false });
  const anna = await open();
  const { page } = anna;
  await signIn(anna);
  await arrive(anna);
  await page.goto("/");
  await openSettings(anna);
  await letTimePass(server);
  await page.getByRole("button", { name: "Link Attic (Jellyfin)" }).click();
  await fillIn(anna, "Ben");
  await lookAt(anna, "link-jellyfin");
  await page.getByRole("button", { name: "Link Attic (Jellyfin)" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.getByLabel("Current password").fill(ACCOUNT.password);
  await again.getByRole("button", { name: "Go on" }).click();
  await page.getByText("You can sign in with your account Ben there.").waitFor();
  await keepInSight(anna, "Security");
  await lookAt(anna, "jellyfin-linked");
  await expectTokens(jellyfin, 0);

  await signOut(anna, ACCOUNT.name);
  await signInThere(anna, "Ben");
  await page.getByRole("button", { name: `Account of ${ACCOUNT.name}` }).waitFor();
  await expectTokens(jellyfin, 1);
  await page.goto("/");
  await openSettings(anna);
  await page.getByRole("button", { name: "Unlink" }).click();
  const dialog = page.getByRole("dialog", { name: "Unlink Attic (Jellyfin)?" });
  await dialog.getByText(/You stay signed in/).waitFor();
  await lookAt(anna, "unlink-jellyfin");
  await dialog.getByRole("button", { name: "Unlink" }).click();
  await page.getByRole("button", { name: "Link Attic (Jellyfin)" }).waitFor();
  await page.getByText("Sign-in through another server removed").waitFor();
  await expectTokens(jellyfin, 0);
  expect(anna.complaints).toEqual([]);
}, 240_000);
