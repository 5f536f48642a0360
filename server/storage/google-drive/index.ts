import { z } from "zod";
import { eitherOf } from "#server/storage/deadline.ts";
import { openStated } from "#server/storage/download.ts";
import { notFound } from "#server/storage/http.ts";
import { revokeToken } from "#server/storage/oauth.ts";
import {
  bothOrNeither,
  credentialFacts,
  OAuthCredential,
  toClient,
} from "#server/storage/oauth-credential.ts";
import { defineOAuthProvider } from "#server/storage/oauth-provider.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { addressOf, type Steps } from "#server/storage/steps.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { createDrive, type Drive } from "./api.ts";
import { findChanges } from "./changes.ts";
import { exchange, type Google, refresh, toAuthorizeUrl } from "./connect.ts";
import { listFolder, listTop, requireSteps, statFile } from "./listing.ts";

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
  .check(bothOrNeither("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"));

/** @param google - where it is; tests have one of their own. */
export const createGoogleDrive = (google: Google) =>
  defineOAuthProvider({
    id: "google-drive",
    name: "Google Drive",
    description: "Your own files and shared drives at Google. You sign in there, not here.",
    settings: Settings,
    credential: OAuthCredential,
    // Where the administrator has set no client, a band can.
    offWhy: () => null,
    connect: {
      kind: "oauth",
      isIssuer: (_settings, iss) => iss === google.issuer,
      // Its discovery document does not promise `iss`.
      alwaysNamesIssuer: false,
      clientOf: (settings) => toClient(settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET),
      authorizeUrl: (_settings, request) => toAuthorizeUrl(google, request),
      exchange: (_settings, grant, io) => exchange(google, grant, io),
      refresh: (_settings, client, credential, io) => refresh(google, client, credential, io),
      ...credentialFacts,
      saved: ({ account }) => ({ provider: "google-drive", account }),
    },
    attach: (_settings, { accessToken, accountId }, io) =>
      createStorage(createDrive(google.drive, accessToken, io), accountId, io),
    revocation: {
      // Google ends all that a person has granted to a client, whichever token is given back.
      accessOf: ({ clientId, accountId }) => `${clientId} ${accountId}`,
      revoke: (_settings, { refreshToken }, io) => revokeToken(io, google.revoke, refreshToken),
    },
  });

export const googleDrive = createGoogleDrive(GOOGLE);

function createStorage(drive: Drive, accountId: string, io: StorageIo): Storage {
  return {
    list: async (folder, cursor) =>
      folder ? listFolder(drive, folder, cursor) : listTop(drive, cursor),
    stat: async (ref) => statFile(drive, requireSteps(ref), io.signal),
    async openRange(ref, range, caller) {
      const steps = requireSteps(ref);
      return openFile(drive, steps, range, eitherOf(io.signal, caller));
    },
    changes: (root, cursor) => findChanges(drive, accountId, root, cursor),
    namesChanges: true,
    async quota() {
      const { limit, usage } = (await drive.about()).storageQuota;
      const totalBytes = limit === undefined ? null : Number(limit);
      return { usedBytes: Number(usage), totalBytes };
    },
  };
}

/** Google sends no validator with bytes. */
function openFile(
  drive: Drive,
  steps: Steps,
  range: ByteRange,
  signal: AbortSignal,
): Promise<OpenedRange> {
  const last = steps.at(-1);
  if (!last) throw notFound();
  return openStated(statFile(drive, steps, signal), {
    host: drive.host,
    ref: last.name,
    range,
    request: () => drive.download(addressOf(last), range, signal),
  });
}
