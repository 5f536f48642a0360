import { expect } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { openPage, type Person, playheadSeconds } from "#tests/support/screen.ts";
import {
  ADMIN as ACCOUNT,
  startServer,
  type TestServer,
  type TestServerOptions,
} from "#tests/support/server.ts";

export { ACCOUNT };

/** A new server, and somebody who has just opened the link that it printed. */
export async function arriveAtSetup(
  options: TestServerOptions = {},
): Promise<Person & { readonly server: TestServer }> {
  const server = await startServer({ isWorking: true, ...options });
  const token = await startSetup(server.deps);
  return { ...(await openPage(server.baseUrl, `/setup#token=${token}`)), server };
}

/** Fills in the first page, up to the question where the audio is. */
export async function makeFirstAccount({ page }: Person): Promise<void> {
  await page.getByLabel("Your name").fill(ACCOUNT.name);
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Password", { exact: true }).fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("heading", { name: "Where is your audio?" }).waitFor();
}

/** From the sign-in page, with the right password. */
export async function signIn({ page }: Person): Promise<void> {
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Password", { exact: true }).fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The row of a track in the list. */
export const rowOf = ({ page }: Person, title: string) =>
  page.getByRole("row").filter({ hasText: title }).first();

/** The sound itself moves, whatever the slider shows. */
export async function expectMusic({ page }: Person): Promise<void> {
  await expect.poll(() => playheadSeconds(page), { timeout: 20_000 }).toBeGreaterThan(0.1);
  const before = await playheadSeconds(page);
  await expect.poll(() => playheadSeconds(page), { timeout: 10_000 }).toBeGreaterThan(before);
}
