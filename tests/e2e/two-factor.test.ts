import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import type { TestServer } from "#tests/support/server.ts";
import { annasServer } from "#tests/support/world.ts";
import { arrive, heading, openSettings, signIn } from "./people.ts";

const STEP_MS = 30_000;

/** A code counts once, so the next sign-in would have to wait for the next one. */
const forgetUsedCodes = ({ deps }: TestServer) =>
  write(deps, (tx) => tx.execute(sql`update totp_factors set last_step = 0`));

async function signOut({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "Account of Anna" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

test("from the picture in the settings to signing in with a code, and without the phone", async () => {
  const { server, bandId } = await annasServer();
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await arrive(person);
  await page.goto(`/b/${bandId}`);
  await openSettings(person);
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByRole("img", { name: "QR code with the secret for your app" }).waitFor();
  const shown = (await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText()) ?? "";
  const secret = shown.replaceAll(" ", "");
  await lookAt(person, "two-factor-set-up");
  const code = () => totpCodeAt(secret, Math.floor(Date.now() / STEP_MS));

  await page.getByLabel("Code that the app shows").fill("12345");
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByText("Enter the six digits that the app shows.").waitFor();
  await page.getByLabel("Code that the app shows").fill(await code());
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByText("Keep these backup codes.").waitFor();
  const [backup = ""] = await page.getByText(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/).allInnerTexts();
  await lookAt(person, "two-factor-backup-codes");
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("10 backup codes left.").waitFor();
  await lookAt(person, "two-factor-on");

  await signOut(person);
  await forgetUsedCodes(server);
  await signIn(person);
  await heading(person, "One more step");
  await lookAt(person, "sign-in-code");
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText(/The code is not right/).waitFor();
  await lookAt(person, "sign-in-code-wrong");
  await page.getByLabel("Code", { exact: true }).fill(await code());
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Account of Anna" }).waitFor();

  await signOut(person);
  await signIn(person);
  await page.getByLabel("Code", { exact: true }).fill(backup);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Account of Anna" }).waitFor();
  await page.goto(`/b/${bandId}`);
  await openSettings(person);
  await page.getByText("9 backup codes left.").waitFor();
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("button", { name: "Set up" }).waitFor();
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a second step that took too long begins again with the password", async () => {
  const { server, anna } = await annasServer();
  const { secret } = await anna.api.account.twoFactor.begin.mutate();
  const code = await totpCodeAt(secret, Math.floor(Date.now() / STEP_MS));
  await anna.api.account.twoFactor.confirm.mutate({ code });
  const person = await openPage(server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await heading(person, "One more step");
  await write(server.deps, (tx) => tx.execute(sql`delete from sign_in_tickets`));
  await page.getByLabel("Code", { exact: true }).fill("123456");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByText(/Begin again with your password/).waitFor();
  expect(person.complaints).toEqual([]);
}, 120_000);
