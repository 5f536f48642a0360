import { z } from "zod";
import { discardBody } from "#server/base/egress/body.ts";
import { eitherOf } from "#server/storage/deadline.ts";
import { openDownload } from "#server/storage/download.ts";
import { notFound } from "#server/storage/http.ts";
import { revokeToken } from "#server/storage/oauth.ts";
import {
  defineOAuthProvider,
  type OpenedRange,
  type Storage,
  type StorageIo,
} from "#server/storage/provider.ts";
import { createDrive, type Drive } from "./api.ts";
import { exchange, type Google, refresh, toAuthorizeUrl } from "./connect.ts";
import { Credential } from "./credential.ts";
import { listFolder, listTop, statFile } from "./listing.ts";
import { addressOf, parseRef, type Steps } from "./ref.ts";

/** A listener's range is answered before the token ends in the middle of it. */
const STALE_MS = 60_000;

/** @see https://accounts.google.com/.well-known/openid-configuration */
const GOOGLE: Google = {
  issuer: "https://accounts.google.com",
  authorize: "https://accounts.google.com/o/oauth2/v2/auth",
  token: "https://oauth2.googleapis.com/token",
  revoke: "https://oauth2.googleapis.com/revoke",
  drive: "https://www.googleapis.com/drive/v3",
};

const Settings = z
  .object({
    GOOGLE_CLIENT_ID: z.string().min(1).max(256).optional(),
    GOOGLE_CLIENT_SECRET: z.string().min(1).max(256).optional(),
  })
  .check(({ value, issues }) => {
    for (const [one, other] of [
      ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
      ["GOOGLE_CLIENT_SECRET", "GOOGLE_CLIENT_ID"],
    ] as const) {
      if (value[one] === undefined && value[other] !== undefined) {
        const message = `expected, because ${other} is set`;
        issues.push({ code: "custom", path: [one], message, input: undefined });
      }
    }
  });

/** @param google - where it is; tests have one of their own. */
export const createGoogleDrive = (google: Google) =>
  defineOAuthProvider({
    id: "google-drive",
    name: "Google Drive",
    description: "Your own files and shared drives at Google. You sign in there, not here.",
    settings: Settings,
    credential: Credential,
    // Where the administrator has set no client, a band can.
    offWhy: () => null,
    connect: {
      kind: "oauth",
      issuer: google.issuer,
      // Its discovery document does not promise `iss`.
      alwaysNamesIssuer: false,
      clientOf: ({ GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret }) =>
        clientId && clientSecret ? { clientId, clientSecret } : null,
      authorizeUrl: (request) => toAuthorizeUrl(google, request),
      exchange: (grant, io) => exchange(google, grant, io),
      refresh: (client, credential, io) => refresh(google, client, credential, io),
      isStale: ({ expiresAtMs }, now) => expiresAtMs - now.getTime() < STALE_MS,
      clientIdOf: ({ clientId }) => clientId,
      accountOf: ({ accountId }) => accountId,
      saved: ({ account }) => ({ provider: "google-drive", account }),
    },
    attach: (_settings, { accessToken }, io) =>
      createStorage(createDrive(google.drive, accessToken, io), io),
    revocation: {
      // Google ends all that a person has granted to a client, whichever token is given back.
      accessOf: ({ clientId, accountId }) => `${clientId} ${accountId}`,
      revoke: (_settings, { refreshToken }, io) => revokeToken(io, google.revoke, refreshToken),
    },
  });

export const googleDrive = createGoogleDrive(GOOGLE);

function createStorage(drive: Drive, io: StorageIo): Storage {
  return {
    list: async (folder, cursor) =>
      folder ? listFolder(drive, folder, cursor) : listTop(drive, cursor),
    stat: async (ref) => statFile(drive, requireSteps(ref), io.signal),
    async openRange(ref, range, caller) {
      const steps = requireSteps(ref);
      return openFile(drive, steps, range, eitherOf(io.signal, caller));
    },
    async quota() {
      const { limit, usage } = (await drive.about()).storageQuota;
      const totalBytes = limit === undefined ? null : Number(limit);
      return { usedBytes: Number(usage), totalBytes };
    },
  };
}

function requireSteps(ref: string): Steps {
  const steps = parseRef(ref);
  if (!steps) throw notFound();
  return steps;
}

/**
 * Google sends no validator with bytes, so what the file is now is asked at the same time. Bytes that
 * are written anew within those milliseconds would be taken for the others.
 */
async function openFile(
  drive: Drive,
  steps: Steps,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<OpenedRange> {
  const last = steps.at(-1);
  if (!last) throw notFound();
  const stat = statFile(drive, steps, signal);
  const opening = openDownload({
    host: drive.host,
    ref: last.name,
    range,
    request: () => drive.download(addressOf(last), range, signal),
    findSize: async () => (await stat).sizeBytes,
  });
  const [said, opened] = await Promise.allSettled([stat, opening]);
  // What the file is says more than what Google says of its bytes: a folder has none to be refused.
  if (said.status === "rejected") {
    if (opened.status === "fulfilled") discardBody(opened.value.body);
    throw said.reason;
  }
  if (opened.status === "rejected") throw opened.reason;
  const { etag, modifiedAt } = said.value;
  return { ...opened.value, etag, modifiedAt };
}
