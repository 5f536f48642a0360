import { randomBytes } from "node:crypto";
import type { ConnectForm } from "#contract/connections.ts";
import { parseTarget } from "#server/base/egress/url.ts";
import { AppError } from "#server/base/errors.ts";
import { authenticate } from "#server/storage/media-server.ts";
import { type Probed, probe } from "#server/storage/media-server-probe.ts";
import type { Connected, StorageIo } from "#server/storage/provider.ts";
import { createMediaServer } from "./api.ts";
import { type Credential, toDevice } from "./credential.ts";
import { createNaming } from "./failures.ts";
import { revoke } from "./revocation.ts";

export type JellyfinForm = Extract<ConnectForm, { provider: "jellyfin" }>;

/** The first with the addresses that version 12 still has. */
const FIRST_JELLYFIN = [10, 9] as const;

const names = { jellyfin: "Jellyfin", emby: "Emby" } as const;

/**
 * Tries what a person typed. The password is sent only after the server has said what it is, once, and
 * kept nowhere; what is kept is the token for it. A connection that comes to nothing leaves no token.
 */
export async function verifyForm(
  form: JellyfinForm,
  io: StorageIo,
): Promise<Connected<Credential>> {
  const probed = await probe(io, parseAddress(form.url));
  requireVersion(probed);
  const credential = await toCredential(form, probed, io);
  const server = createMediaServer(credential, io, createNaming(credential));
  try {
    const libraries = await server.listLibraries(io.signal);
    if (libraries.length === 0) throw nameNoMusic(server.host, credential);
  } catch (error) {
    await giveBack(credential, io);
    throw error;
  }
  return {
    credential,
    name: probed.name,
    identity: `${credential.account?.username ?? "API key"} at ${server.host}`,
    product: `${names[probed.product]} ${probed.version}`,
  };
}

/** As people paste it: without scheme. @throws AppError `storage_refused` */
function parseAddress(typed: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  return new URL(parseTarget(text).url).href;
}

async function toCredential(form: JellyfinForm, site: Probed, io: StorageIo): Promise<Credential> {
  const { url, product } = site;
  const deviceId = randomBytes(16).toString("hex");
  if (form.access === "key") {
    return { url, product, deviceId, token: form.apiKey, account: null };
  }
  const { host } = new URL(url);
  const { username, password } = form;
  const answer = await authenticate(io, site, toDevice({ deviceId }), { username, password });
  if (answer === "wrong") throw nameWrongPassword(host);
  if (answer === "barred") throw nameBarred(host);
  const account = { id: answer.externalId, username: answer.name };
  const credential = { url, product, deviceId, token: answer.token, account };
  if (!answer.isDisabled) return credential;
  await giveBack(credential, io);
  throw nameBarred(host);
}

/** Why it came to nothing is what counts; a token that stays behind is one of its account's devices. */
async function giveBack(credential: Credential, io: StorageIo): Promise<void> {
  if (credential.account) await revoke(credential, io).catch(() => undefined);
}

function requireVersion({ url, product, version }: Probed): void {
  if (product !== "jellyfin") return;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [first, second] = FIRST_JELLYFIN;
  if (major > first || (major === first && minor >= second)) return;
  throw new AppError(
    "storage_refused",
    `The Jellyfin at ${new URL(url).host} is older than ${FIRST_JELLYFIN.join(".")}, which is the first that can be read from here. Ask the people who run it for a newer one, then try again.`,
  );
}

const nameWrongPassword = (host: string): AppError =>
  new AppError(
    "storage_reconnect",
    `${host} does not accept this user name and password. Check both and try again.`,
  );

const nameBarred = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this account in: it is switched off there, or may not come in at this hour or from here. Ask the people who run it, then try again.`,
  );

const nameNoMusic = (host: string, { account }: Credential): AppError =>
  new AppError(
    "storage_refused",
    account
      ? `${host} shows this account no library of music. Ask the people who run it to let the account see one, or connect another account.`
      : `${host} has no library of music. Create one there that is of the kind “Music”, then try again.`,
  );
