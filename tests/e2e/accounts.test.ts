import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { lookAt, openPage, startBrowser } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import {
  ACCOUNT,
  annasMailingServer,
  arrive,
  BEN,
  heading,
  keepInSight,
  openLink,
  openSettings,
  register,
  signIn,
} from "./people.ts";

/** Everybody's password was shown so long ago that it has to be shown again. */
const letTimePass = ({ deps }: TestServer) =>
  write(deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );

async function guessPassword(server: TestServer, times: number): Promise<void> {
  const guess = { email: ACCOUNT.email, password: "a bad guess", rememberMe: false };
  for (let n = 0; n < times; n += 1) {
    await expect(server.guest().api.auth.signIn.mutate(guess)).rejects.toThrow();
  }
}

test("who registers confirms the address with a link in a mail, and signs in", async () => {
  const { server, anna, mail } = await annasMailingServer();
  await anna.api.admin.registration.set.mutate({ mode: "open" });
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await page.getByRole("link", { name: "Make an account" }).click();
  await heading(person, "Make an account");
  await lookAt(person, "register");
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByText("Enter your name.").waitFor();
  await lookAt(person, "register-incomplete");
  await register(person);
  await lookAt(person, "look-into-mail");

  const link = await openLink(person, mail, BEN.email);
  await heading(person, "Confirm your e-mail address");
  expect(page.url(), "the token stays in the address").not.toContain("token");
  await lookAt(person, "verify-email");
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await heading(person, "The address is confirmed");
  await lookAt(person, "verify-email-done");
  await page.getByRole("link", { name: "Sign in" }).click();
  await signIn(person, BEN);
  await arrive(person);
  expect(await page.getByRole("link", { name: "Admin" }).count()).toBe(0);

  await page.goto(link);
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await heading(person, "A new link is needed");
  expect(await page.getByLabel("E-mail").inputValue()).toBe(BEN.email);
  await lookAt(person, "verify-email-old");
  await page.goto(`/b/${(await anna.api.auth.me.query()).personalBandId}/admin`);
  await heading(person, "There is nothing here");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("an address that is not confirmed says so in Settings, until its link is used", async () => {
  const { server, anna, mail } = await annasMailingServer();
  await anna.api.admin.registration.set.mutate({ mode: "open" });
  await server.guest().api.auth.register.mutate({ ...BEN, invitation: null });
  await mail.next(BEN.email);
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person, BEN);
  await arrive(person);
  await openSettings(person);
  await page.getByText("Not confirmed").waitFor();
  await lookAt(person, "settings-not-confirmed");
  await page.getByRole("button", { name: "Send the mail again" }).click();

  await openLink(person, mail, BEN.email);
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await page.getByRole("link", { name: "Go on" }).click();
  await arrive(person);
  await openSettings(person);
  await page.getByText(BEN.email).first().waitFor();
  expect(await page.getByText("Not confirmed").count()).toBe(0);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("who has forgotten the password chooses a new one with a link in a mail", async () => {
  const { server, mail } = await annasMailingServer();
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await page.getByRole("link", { name: "Forgotten your password?" }).click();
  await heading(person, "Choose a new password");
  await lookAt(person, "forgot-password");
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await heading(person, "Look into your mail");
  await lookAt(person, "forgot-password-sent");

  const link = await openLink(person, mail, ACCOUNT.email);
  await page.getByText(/All your devices are signed out/).waitFor();
  expect(page.url(), "the token stays in the address").not.toContain("token");
  const password = "nine quiet clarinets";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await lookAt(person, "reset-password");
  await page.getByRole("button", { name: "Set the new password" }).click();
  await page.getByText(/Your password is changed/).waitFor();
  await lookAt(person, "sign-in-changed");
  await signIn(person);
  await page
    .getByRole("alert")
    .filter({ hasText: /not right/ })
    .waitFor();
  await signIn(person, { email: ACCOUNT.email, password });
  await arrive(person);

  await page.goto(link);
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Set the new password" }).click();
  await page.getByRole("link", { name: "Ask for a new link" }).waitFor();
  await lookAt(person, "reset-password-old");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a device that is signed out elsewhere is at the sign-in page with its next step", async () => {
  const { server } = await annasMailingServer();
  await guessPassword(server, 5);
  const browser = await startBrowser();
  const person = await openPage(server.baseUrl, "/sign-in", browser);
  const other = await openPage(server.baseUrl, "/sign-in", browser);
  for (const each of [person, other]) {
    await signIn(each);
    await arrive(each);
  }
  const { page } = person;
  await openSettings(person);
  const devices = page.getByRole("list", { name: "Devices that are signed in" });
  await expect.poll(() => devices.getByRole("listitem").count()).toBe(3);
  await lookAt(person, "settings-security");
  await keepInSight(person, "Recent activity");
  await lookAt(person, "settings-activity");

  await page.getByRole("button", { name: "Sign out Chrome on Linux" }).click();
  await expect.poll(() => devices.getByRole("listitem").count()).toBe(2);
  await other.page.getByRole("link", { name: "Settings" }).first().click();
  await heading(other, "Sign in");
  await other.page.getByText(/You were signed out/).waitFor();

  await page.getByRole("button", { name: "Sign out all others" }).click();
  await expect.poll(() => devices.getByRole("listitem").count()).toBe(1);
  const happened = page.getByRole("list", { name: "Recent activity" });
  await happened.getByText("Signed out from another device").nth(1).waitFor();
  expect(await happened.getByText("Account made").count()).toBe(0);
  await page.getByRole("button", { name: "Show more" }).click();
  await happened.getByText("Account made").waitFor();
  expect(await happened.getByText("Wrong password refused").count()).toBe(5);
  expect(person.complaints).toEqual([]);
  expect(other.complaints).toEqual([]);
}, 240_000);

test("changing the password asks for the old one, and then goes on by itself", async () => {
  const { server, mail } = await annasMailingServer();
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await arrive(person);
  await openSettings(person);
  await letTimePass(server);
  await page.getByRole("button", { name: "Change password" }).click();
  const password = "nine quiet clarinets";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await lookAt(person, "change-password");
  await page.getByRole("button", { name: "Change password" }).click();

  const dialog = page.getByRole("dialog", { name: "Show that it is you" });
  await dialog.getByLabel("Current password", { exact: true }).fill("something else");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByText(/not right/).waitFor();
  await lookAt(person, "reauthentication");
  await page.keyboard.press("Escape");
  await page.getByText(/Nothing was changed yet/).waitFor();

  await page.getByRole("button", { name: "Change password" }).click();
  await dialog.getByLabel("Current password", { exact: true }).fill(ACCOUNT.password);
  await page.keyboard.press("Enter");
  await page.getByText("Your password is changed. All other devices are signed out.").waitFor();
  await mail.next(ACCOUNT.email);
  await page.getByRole("button", { name: "Sign out this device" }).click();
  await heading(person, "Sign in");
  await signIn(person, { email: ACCOUNT.email, password });
  await arrive(person);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("an administrator decides who can register, and invites", async () => {
  const { server, mail } = await annasMailingServer();
  const browser = await startBrowser();
  const person = await openPage(server.baseUrl, "/sign-in", browser);
  const { page } = person;
  await signIn(person);
  await page.getByRole("link", { name: "Admin" }).first().click();
  await heading(person, "Admin");
  await page.getByText("No invitation is open.").waitFor();
  await lookAt(person, "admin");

  await page.getByRole("radio", { name: "Nobody" }).check();
  await page.getByText("Who can register changed to nobody").waitFor();
  const ben = await openPage(server.baseUrl, "/register", browser);
  await heading(ben, "No new accounts at the moment");
  await lookAt(ben, "register-closed");
  await page.getByRole("radio", { name: "By invitation" }).check();
  await page.getByText("Who can register changed to by invitation").waitFor();
  await ben.page.reload();
  await heading(ben, "An account takes an invitation");
  await lookAt(ben, "register-invite");

  await page.getByLabel("E-mail").fill("carla@band.example");
  await page.getByRole("button", { name: "Send an invitation" }).click();
  await page.getByText(/The invitation to carla@band.example is on its way/).waitFor();
  await mail.next("carla@band.example");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Make a link" }).click();
  const field = page.getByRole("textbox", { name: "Link of the invitation" });
  const { pathname, hash } = new URL(await field.inputValue());
  await lookAt(person, "admin-link");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: /^Remove the invitation: carla/ }).click();
  const open = page.getByRole("list", { name: "Invitations" });
  await expect.poll(() => open.getByRole("listitem").count()).toBe(1);
  await lookAt(person, "admin-invitations");

  await ben.page.goto(pathname + hash);
  await register(ben);
  await openLink(ben, mail, BEN.email);
  await ben.page.getByRole("button", { name: "Confirm the address" }).click();
  await ben.page.getByRole("link", { name: "Sign in" }).click();
  await signIn(ben, BEN);
  await arrive(ben);

  await page.getByRole("combobox", { name: "Show" }).selectOption("Account made");
  await expect.poll(() => new URL(page.url()).search).toBe("?action=account.registered");
  const happened = page.getByRole("list", { name: "What happened" });
  await expect.poll(() => happened.getByRole("listitem").count()).toBe(2);
  await keepInSight(person, "What happened");
  await lookAt(person, "admin-audit");
  expect(person.complaints).toEqual([]);
  expect(ben.complaints).toEqual([]);
}, 300_000);
