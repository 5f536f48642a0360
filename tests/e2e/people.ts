import { expect } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { linkIn, type MailServer, startMailServer } from "#tests/support/mail-server.ts";
import { openPage, type Person, playheadSeconds } from "#tests/support/screen.ts";
import {
  ADMIN as ACCOUNT,
  startServer,
  type TestServer,
  type TestServerOptions,
} from "#tests/support/server.ts";
import { annasServer, type World } from "#tests/support/world.ts";

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
export async function signIn(
  { page }: Person,
  { email, password }: { readonly email: string; readonly password: string } = ACCOUNT,
): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
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

/** Somebody who has no account yet. */
export const BEN = {
  name: "Ben",
  email: "ben@band.example",
  password: "two green accordions",
} as const;

/** Anna's server, which sends mails. */
export async function annasMailingServer(): Promise<World & { readonly mail: MailServer }> {
  const mail = await startMailServer();
  const world = await annasServer({ isWorking: true, environment: { SMTP_URL: mail.url } });
  return { ...world, mail };
}

/** Opens the link of the next mail. Its server has another port in a test than it knows of. */
export async function openLink({ page }: Person, mail: MailServer, to: string): Promise<string> {
  const { pathname, hash } = linkIn(await mail.next(to));
  expect(hash).toMatch(/^#token=./);
  await page.goto(pathname + hash);
  return pathname + hash;
}

/** Fills in the form of a new account, and sends it. */
export async function register({ page }: Person): Promise<void> {
  await page.getByLabel("Your name").fill(BEN.name);
  await page.getByLabel("E-mail").fill(BEN.email);
  await page.getByLabel("Password", { exact: true }).fill(BEN.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await heading({ page }, "Look into your mail");
}

export const heading = ({ page }: Pick<Person, "page">, name: string): Promise<void> =>
  page.getByRole("heading", { name, exact: true }).waitFor();

/** Home, which asks first where the audio is. */
export const arrive = (person: Pick<Person, "page">): Promise<void> =>
  heading(person, "Where is your audio?");

export const openSettings = async ({ page }: Person): Promise<void> => {
  await page.getByRole("link", { name: "Settings" }).first().click();
  await heading({ page }, "Security");
};

/** Keeps this part of the screen at its top, whatever size the window gets. */
export const keepInSight = ({ page }: Person, title: string): Promise<void> =>
  page.evaluate(`{
    const show = () => Array.from(document.querySelectorAll("h2, h3"))
      .find((each) => each.textContent === "${title}")?.scrollIntoView();
    addEventListener("resize", () => setTimeout(show, 50));
    show();
  }`);
