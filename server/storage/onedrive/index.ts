import { z } from "zod";
import { eitherOf } from "#server/storage/deadline.ts";
import { openStated } from "#server/storage/download.ts";
import {
  bothOrNeither,
  credentialFacts,
  OAuthCredential,
  toClient,
} from "#server/storage/oauth-credential.ts";
import { defineOAuthProvider } from "#server/storage/oauth-provider.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { createGraph, type Graph } from "./api.ts";
import { findChanges } from "./changes.ts";
import { exchange, type Microsoft, refresh, toAuthorizeUrl } from "./connect.ts";
import { listFolder, listTop, requireAddress, requireSteps, statFile } from "./listing.ts";
import { isIssuerOf, Tenant } from "./tenant.ts";

const MICROSOFT: Microsoft = {
  login: "https://login.microsoftonline.com",
  graph: "https://graph.microsoft.com/v1.0",
};

const Settings = z
  .object({
    MICROSOFT_CLIENT_ID: z.string().min(1).max(256).optional(),
    MICROSOFT_CLIENT_SECRET: z.string().min(1).max(256).optional(),
    MICROSOFT_TENANT: Tenant.default("common"),
  })
  .check(bothOrNeither("MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"));

/** @param microsoft - where it is; tests have one of their own. */
export const createOnedrive = (microsoft: Microsoft) =>
  defineOAuthProvider({
    id: "onedrive",
    name: "OneDrive",
    description:
      "Your own files at Microsoft, and folders that others share with you. You sign in there, not here.",
    settings: Settings,
    credential: OAuthCredential,
    // Where the administrator has set no client, a band can.
    offWhy: () => null,
    connect: {
      kind: "oauth",
      isIssuer: ({ MICROSOFT_TENANT: tenant }, iss) => isIssuerOf(tenant, microsoft.login, iss),
      // Its discovery document does not promise `iss`, and its answers have none.
      alwaysNamesIssuer: false,
      clientOf: (settings) =>
        toClient(settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET),
      authorizeUrl: ({ MICROSOFT_TENANT: tenant }, request) =>
        toAuthorizeUrl(microsoft, tenant, request),
      exchange: ({ MICROSOFT_TENANT: tenant }, grant, io) => exchange(microsoft, tenant, grant, io),
      refresh: ({ MICROSOFT_TENANT: tenant }, client, credential, io) =>
        refresh(microsoft, tenant, client, credential, io),
      ...credentialFacts,
      saved: ({ account }) => ({ provider: "onedrive", account }),
    },
    attach: (_settings, { accessToken, accountId }, io) =>
      createStorage(createGraph(microsoft.graph, accessToken, io), accountId, io),
    // No revocation: Microsoft's sign-in has no endpoint for it (its discovery document names none), and
    // `revokeSignInSessions` of Graph would sign the person out of everything else as well.
  });

export const onedrive = createOnedrive(MICROSOFT);

function createStorage(graph: Graph, accountId: string, io: StorageIo): Storage {
  return {
    list: async (folder, cursor) =>
      folder ? listFolder(graph, folder, cursor) : listTop(graph, cursor),
    stat: async (ref) => statFile(graph, requireSteps(ref), io.signal),
    async openRange(ref, range, caller) {
      const steps = requireSteps(ref);
      const signal = eitherOf(io.signal, caller);
      return openStated(statFile(graph, steps, signal), {
        host: graph.host,
        ref: steps.at(-1)?.name ?? "",
        range,
        request: () => graph.download(requireAddress(steps), range, signal),
      });
    },
    changes: (root, cursor) => findChanges(graph, accountId, root, cursor),
    namesChanges: true,
    async quota() {
      const { quota } = await graph.drive();
      // Some kinds of accounts have none, which is said as 0.
      return { usedBytes: quota?.used ?? 0, totalBytes: quota?.total || null };
    },
  };
}
