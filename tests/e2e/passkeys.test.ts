import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import {
  createVirtualAuthenticator,
  type VirtualAuthenticator,
} from "#tests/support/virtual-authenticator.ts";
import { annasServer } from "#tests/support/world.ts";
import { arrive, keepInSight, openSettings, signIn } from "./people.ts";

/** Anna in front of a browser with a device that knows her, at the address that her server is set to. */
async function annaWithDevice() {
  const { server, bandId } = await annasServer({ hasOwnAddress: true });
  const { origin } = server.deps.config.http.publicUrl;
  const person = await openPage(origin, "/sign-in");
  const device = await createVirtualAuthenticator(person);
  const open = async () => {
    await person.page.goto(`/b/${bandId}`);
    await openSettings(person);
  };
  return { server, person, device, open };
}

async function signOut({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "Account of Anna" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Signs out, and touches the device only once the browser offers its passkeys beside the e-mail. */
async function signOutAndBack(person: Person, device: VirtualAuthenticator): Promise<void> {
  const before = await device.countRequests();
  await device.answerByItself(false);
  await signOut(person);
  await expect.poll(() => device.countRequests()).toBe(before + 1);
  await device.answerByItself(true);
}

/** Signs out from a device that says yes at once to what the browser offers then. */
async function signOutAndIn(person: Person): Promise<void> {
  const { page } = person;
  await page.getByRole("button", { name: "Account of Anna" }).click();
  await Promise.all([
    page.waitForURL("**/sign-in"),
    page.getByRole("menuitem", { name: "Sign out" }).click(),
  ]);
  await isIn(person);
}

const isIn = ({ page }: Person): Promise<void> =>
  page.getByRole("button", { name: "Account of Anna" }).waitFor();

async function addPasskey({ page }: Person, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Go on" }).click();
}

const passkeyOf = ({ page }: Person, name: string) =>
  page.getByRole("list", { name: "Passkeys" }).getByRole("listitem").filter({ hasText: name });

async function choose({ page }: Person, name: string, what: "Rename" | "Remove"): Promise<void> {
  await page.getByRole("button", { name: `What to do with “${name}”` }).click();
  await page.getByRole("menuitem", { name: what }).click();
}

const age = ({ deps }: TestServer): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );

test("from adding a passkey to signing in with nothing else, and to removing it", async () => {
  const { server, person, device, open } = await annaWithDevice();
  const { page } = person;
  await device.verify(false);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText(/No passkey was used/).waitFor();
  await lookAt(person, "sign-in-passkey-none");
  await device.verify(true);
  await signIn(person);
  await arrive(person);

  await open();
  await keepInSight(person, "Passkeys");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toMatch(/^Chrome on /);
  await page.getByLabel("Name", { exact: true }).fill(" ");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("Enter a name.").waitFor();
  await lookAt(person, "passkeys-add");
  await page.getByRole("button", { name: "Cancel" }).click();
  await device.verify(false);
  await addPasskey(person, "Laptop");
  await page.getByText(/No passkey was made/).waitFor();
  await device.verify(true);
  await page.getByRole("button", { name: "Go on" }).click();
  await passkeyOf(person, "Laptop").getByText("On one device").waitFor();
  await passkeyOf(person, "Laptop")
    .getByText(/not used yet/)
    .waitFor();
  expect(await device.countPasskeys()).toBe(1);
  await addPasskey(person, "Laptop once more");
  await page.getByText("This device has a passkey of your account already.").waitFor();
  await lookAt(person, "passkeys-known");
  await page.getByRole("button", { name: "Cancel" }).click();

  await signOutAndBack(person, device);
  await page.getByRole("checkbox", { name: /Keep me signed in/ }).check();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await isIn(person);
  await open();
  await passkeyOf(person, "Laptop")
    .getByText(/used just now/)
    .waitFor();
  await page.getByText("Signed in with a passkey for 30 days").waitFor();

  await choose(person, "Laptop", "Rename");
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Old laptop");
  await lookAt(person, "passkeys-rename");
  await page.getByRole("button", { name: "Rename" }).click();
  await passkeyOf(person, "Old laptop").waitFor();

  await age(server);
  await choose(person, "Old laptop", "Remove");
  await lookAt(person, "passkeys-remove");
  await page.getByRole("button", { name: "Remove" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.waitFor();
  await lookAt(person, "passkeys-show-again");
  await device.verify(false);
  await again.getByRole("button", { name: "Use a passkey" }).click();
  await again.getByText(/No passkey was used/).waitFor();
  await device.verify(true);
  await again.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("“Old laptop” is removed.").waitFor();
  await expect.poll(() => passkeyOf(person, "Old laptop").count()).toBe(0);

  // The device does not know of it, and goes on offering it.
  await signOutAndBack(person, device);
  const before = await device.countRequests();
  await page.route("**/trpc/auth.signInPasskey*", async (route) => {
    await device.answerByItself(false);
    await route.continue();
  });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText(/This passkey does not let you in here/).waitFor();
  // Once for the button, and once more for whoever has another one.
  await expect.poll(() => device.countRequests()).toBe(before + 2);
  await lookAt(person, "sign-in-passkey-refused");
  expect(person.complaints).toEqual([]);
}, 400_000);

test("somebody who has nothing but a passkey is asked for nothing else", async () => {
  const { server, person, open } = await annaWithDevice();
  const { page } = person;
  await signIn(person);
  await arrive(person);
  await open();
  await addPasskey(person, "Phone");
  await passkeyOf(person, "Phone").waitFor();
  await write(server.deps, (tx) => tx.execute(sql`update users set password_hash = null`));
  await age(server);
  await page.reload();
  await choose(person, "Phone", "Remove");
  await page.getByRole("button", { name: "Remove" }).click();
  const again = page.getByRole("dialog", { name: "Show that it is you" });
  await again.getByRole("button", { name: "Use a passkey" }).waitFor();
  expect(await again.getByLabel("Current password").count()).toBe(0);
  await lookAt(person, "passkeys-show-again-alone");
  await again.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("This passkey is the only way into your account").waitFor();
  expect(person.complaints).toEqual([]);
}, 240_000);

test("the browser offers the passkey where the e-mail is typed in", async () => {
  const { person, open } = await annaWithDevice();
  const { page } = person;
  expect(await page.getByLabel("E-mail").getAttribute("autocomplete")).toBe("username webauthn");
  await signIn(person);
  await arrive(person);
  await open();
  await addPasskey(person, "Phone");
  await passkeyOf(person, "Phone").waitFor();
  await signOutAndIn(person);
  await open();
  await page.getByText("Signed in with a passkey").waitFor();
  expect(person.complaints).toEqual([]);
}, 240_000);

test("after a passkey that was refused or put away the browser offers them again", async () => {
  const { server, person, device, open } = await annaWithDevice();
  const { page } = person;
  await signIn(person);
  await arrive(person);
  await open();
  await addPasskey(person, "Phone");
  await passkeyOf(person, "Phone").waitFor();

  const know = (isKnown: boolean) =>
    write(server.deps, (tx) =>
      tx.execute(
        isKnown
          ? sql`update passkeys set credential_id = ltrim(credential_id, '!')`
          : sql`update passkeys set credential_id = '!' || credential_id`,
      ),
    );
  await know(false);
  const refusals: number[] = [];
  await page.route(
    "**/trpc/auth.signInPasskey*",
    async (route) => {
      const response = await route.fetch();
      refusals.push(response.status());
      await know(true);
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  await signOutAndIn(person);
  expect(refusals).toEqual([401]);

  // This device goes on saying no at once, which nobody does.
  const before = await device.countRequests();
  await device.verify(false);
  await signOut(person);
  await expect.poll(() => device.countRequests()).toBe(before + 10);
  await signIn(person);
  await isIn(person);
  expect(await device.countRequests()).toBe(before + 10);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("at another address than its own a passkey is not asked for, and the button says where", async () => {
  const { server } = await annasServer();
  const person = await openPage(server.baseUrl, "/sign-in");
  await createVirtualAuthenticator(person);
  await person.page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await person.page
    .getByText(/Passkeys work only at the address that this server is set to/)
    .waitFor();
  expect(person.complaints).toEqual([]);
}, 120_000);
