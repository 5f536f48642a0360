import type { ConnectForm } from "#contract/connections.ts";
import { parseTarget } from "#server/base/egress/url.ts";
import { AppError } from "#server/base/errors.ts";
import { type FailedAnswer, isHtml } from "#server/storage/http.ts";
import type { Connected, StorageIo } from "#server/storage/provider.ts";
import { type Account, createDav, type Dav } from "./api.ts";
import type { Credential } from "./credential.ts";
import type { DavEntry } from "./listing.ts";
import {
  findNextcloud,
  type Nextcloud,
  nameNextcloudFailure,
  nameNoNextcloud,
  toFilesUrl,
} from "./nextcloud.ts";
import { exchangePassword, findUser } from "./ocs.ts";
import { revoke } from "./revocation.ts";

type WebdavForm = Extract<ConnectForm, { provider: "webdav" }>;

/** As other programs show DAV addresses. */
const schemes: Readonly<Record<string, string>> = {
  "dav:": "http:",
  "davs:": "https:",
  "webdav:": "http:",
  "webdavs:": "https:",
};

/**
 * Tries what a person typed. The password is sent only after the server has been recognised, and
 * never again after it was refused once: a Nextcloud shuts out the whole address of this server
 * after twelve wrong ones. It never goes over plain http unless the person typed `http://`.
 */
export async function verifyForm(form: WebdavForm, io: StorageIo): Promise<Connected<Credential>> {
  const address = parseAddress(form.url);
  if (form.username.includes(":")) {
    throw new AppError(
      "storage_refused",
      "A user name cannot contain a colon. Enter only the name, without address and password.",
    );
  }
  const nextcloud = await findNextcloud(address, io);
  return nextcloud ? connectNextcloud(form, nextcloud, io) : connectPlain(form, address, io);
}

/** Tries what a Nextcloud has granted at its own pages. */
export async function verifyGranted(
  { url, username, password }: Credential,
  io: StorageIo,
): Promise<Connected<Credential>> {
  const nextcloud = await findNextcloud(new URL(url), io);
  if (!nextcloud) throw nameNoNextcloud(new URL(url).host);
  return connectNextcloud({ username, password }, nextcloud, io, true);
}

/** @throws AppError `storage_refused`, with a sentence for each rule about addresses. */
export function parseAddress(typed: string): URL {
  const trimmed = typed.trim();
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:)(\/\/.*)$/i.exec(trimmed) ?? [];
  const text = scheme
    ? `${schemes[scheme.toLowerCase()] ?? scheme}${rest}`
    : `https://${trimmed.replace(/^\/+/, "")}`;
  const address = new URL(parseTarget(text).url);
  address.search = "";
  address.hash = "";
  return address;
}

/**
 * A password that opens the whole account is exchanged at once for one that was made for this server:
 * it is never kept, and what is kept instead can be taken away by itself.
 */
async function connectNextcloud(
  form: Pick<WebdavForm, "username" | "password">,
  nextcloud: Nextcloud,
  io: StorageIo,
  isAppPassword = false,
): Promise<Connected<Credential>> {
  const { base, product, name } = nextcloud;
  const { username, password } = form;
  const open = (account: Pick<Account, "url" | "username" | "password">) =>
    createDav({ ...account, dialect: "nextcloud" }, io, nameFormFailure);
  const typed = open({ url: toFilesUrl(base, username), username, password });
  const top = await findTop(typed);
  const user = await findUser(typed, base, io);
  const userId = user?.id ?? username;
  const url = toFilesUrl(base, userId);
  const exchanged = isAppPassword ? null : await exchangePassword(typed, base, io);
  // An app password goes with the user id, not with an e-mail address.
  const account =
    exchanged === null
      ? { url, username, password }
      : { url, username: userId, password: exchanged };
  const credential: Credential = { ...account, dialect: "nextcloud", product };
  try {
    const isSame = exchanged === null && userId === username;
    const ownTop = isSame ? top : await findTop(open(credential));
    // Somebody else's root is answered as an empty folder without an id.
    if (!ownTop?.fileId) throw nameForeignRoot(base.host, userId);
  } catch (error) {
    if (exchanged !== null) await giveBack(credential, io);
    throw error;
  }
  const displayName = user?.displayName ?? null;
  return { credential, name, identity: `${userId} at ${base.host}`, displayName, product };
}

/** As well as it goes: what went wrong before is what to tell. */
const giveBack = (credential: Credential, io: StorageIo): Promise<void> =>
  revoke(credential, io).catch(() => {});

async function findTop(dav: Dav): Promise<DavEntry | undefined> {
  try {
    return (await dav.openRoot()).entry;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return undefined;
    throw error;
  }
}

async function connectPlain(
  form: WebdavForm,
  address: URL,
  io: StorageIo,
): Promise<Connected<Credential>> {
  const { username, password } = form;
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  const account: Account = { url: address.href, username, password, dialect: "plain" };
  const dav = createDav(account, io, namePlainFormFailure);
  const { url, entry } = await dav.openRoot();
  if (!entry.isFolder) {
    throw new AppError(
      "storage_refused",
      `This address of ${url.host} is a file. Enter the address of the folder that it lies in.`,
    );
  }
  return {
    credential: { url: url.href, username, password, dialect: "plain", product: null },
    name: url.hostname,
    identity: `${username} at ${url.host}`,
    product: null,
  };
}

function nameFormFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  if (failed.status === 401) {
    return new AppError(
      "storage_reconnect",
      `${failed.host} does not accept this user name and password. Check both. If you sign in there with a second factor or through another service, create an app password in its security settings and use that.`,
    );
  }
  return nameNextcloudFailure(failed, now);
}

function namePlainFormFailure({ status, host, headers }: FailedAnswer): AppError | undefined {
  switch (status) {
    case 401:
      return nameRefusedLogin(host, headers["www-authenticate"]);
    case 403:
      return new AppError(
        "storage_refused",
        `${host} does not let this account read this address. Check the address, or ask the people who run it for read access.`,
      );
    case 404:
      return new AppError(
        "storage_refused",
        `There is nothing at this address of ${host}. Check the address; it often ends in /dav/ or /webdav/, and the people who run it know it.`,
      );
    case 200:
    case 400:
    case 405:
    case 501:
      return new AppError(
        "storage_refused",
        `${host} ${isHtml(headers["content-type"]) ? "shows a web page" : "answers"} at this address but does not speak WebDAV there. Check the address; it often ends in /dav/ or /webdav/.`,
      );
    default:
      return undefined;
  }
}

function nameRefusedLogin(host: string, challenge = "Basic"): AppError {
  return /\bbasic\b/i.test(challenge)
    ? new AppError(
        "storage_reconnect",
        `${host} does not accept this user name and password. Check both and try again.`,
      )
    : new AppError(
        "storage_refused",
        `${host} asks for a kind of sign-in that this server does not have. Ask the people who run it to allow a user name and password (Basic) over https.`,
      );
}

function nameForeignRoot(host: string, userId: string): AppError {
  return new AppError(
    "storage_refused",
    `${host} accepts the password but does not show the files of "${userId}". Enter the user name exactly as your profile there shows it, in capital and small letters too.`,
  );
}
