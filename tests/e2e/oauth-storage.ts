import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { OAuthProviderId } from "#contract/connections.ts";
import { startSetup } from "#server/auth/setup.ts";
import type { ConfiguredProvider } from "#server/storage/registry.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import type { FakeOAuth } from "#tests/support/fake-oauth.ts";
import type { Tree } from "#tests/support/fake-tree.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import { startServer } from "#tests/support/server.ts";
import { expectMusic, makeFirstAccount, rowOf } from "./people.ts";

interface Visit {
  readonly provider: OAuthProviderId;
  readonly service: FakeOAuth & { readonly tree: Tree; provider(): ConfiguredProvider };
  /** As people read them: 'Google Drive' at 'Google'. */
  readonly storage: string;
  readonly company: string;
  /** Of the pictures. */
  readonly picture: string;
  /** Below the button that leads there. */
  readonly note: RegExp;
  /** On the card, once it is connected. */
  readonly cardNote?: RegExp;
  /** What is said before it is disconnected. */
  readonly parting: RegExp;
}

/**
 * A person without a client at the provider makes one, is sent to sign in, says no, says yes, chooses a
 * folder, loses the access, reconnects, listens, and reads what disconnecting would do.
 */
export async function fromNoClientToMusic(visit: Visit): Promise<void> {
  const { provider, service, storage, company, picture } = visit;
  for (const { path } of demoRecordings) {
    service.tree.put(`Band/${path}`, await readFile(join(demoFolder, path)));
  }
  const providers = { [provider]: service.provider() };
  const server = await startServer({ isWorking: true, hasOwnAddress: true, providers });
  const { origin } = server.deps.config.http.publicUrl;
  service.redirectUri = `${origin}/oauth/${provider}/callback`;
  const token = await startSetup(server.deps);
  const person = await openPage(origin, `/setup#token=${token}`);
  const { page } = person;
  await makeFirstAccount(person);

  await page.getByText(storage, { exact: true }).first().click();
  await page.getByRole("button", { name: "Save the client" }).waitFor();
  expect(await page.getByLabel("Redirect URI").inputValue()).toBe(service.redirectUri);
  await lookAt(person, `connect-${picture}-client`);
  await page.getByLabel("Client ID").fill(service.client.clientId);
  await page.getByLabel("Client secret", { exact: true }).fill(service.client.clientSecret);
  await page.getByRole("button", { name: "Save the client" }).click();
  await page.getByRole("button", { name: `Connect ${storage}` }).waitFor();
  await page.getByText(visit.note).waitFor();
  await lookAt(person, `connect-${picture}`);

  await page.getByRole("button", { name: `Connect ${storage}` }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: `${storage} is not connected` }).waitFor();
  await page.getByText(`You said no at ${company}.`).waitFor();
  await lookAt(person, `${picture}-not-connected`);
  await page.getByRole("link", { name: "Connect again" }).click();
  await page.getByRole("button", { name: `Connect ${storage}` }).click();
  await page.getByRole("link", { name: "Continue" }).click();

  await page.getByRole("button", { name: "Band" }).waitFor();
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  if (visit.cardNote) await page.getByText(visit.cardNote).waitFor();
  await lookAt(person, `${picture}-card`);

  await reconnectAfterRevoking(person, visit);
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);

  await page.getByRole("link", { name: "Storage" }).first().click();
  await page.getByRole("button", { name: `More for ${storage}` }).click();
  await page.getByRole("menuitem", { name: "Disconnect" }).click();
  await page.getByText(visit.parting).waitFor();
  await lookAt(person, `${picture}-disconnect`);
  expect(person.complaints).toEqual([]);
}

/** The connection and its library stay. */
async function reconnectAfterRevoking({ page }: Person, visit: Visit): Promise<void> {
  const { service, storage } = visit;
  service.revokeGrants();
  await page.getByRole("button", { name: `More for ${storage}` }).click();
  await page.getByRole("menuitem", { name: "Check the connection" }).click();
  await page
    .getByRole("link", { name: /^Reconnect/ })
    .first()
    .click();
  await page.getByRole("button", { name: `Reconnect ${storage}` }).click();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByText(service.account).first().waitFor();
  expect(await page.getByRole("article").count()).toBe(1);
}
