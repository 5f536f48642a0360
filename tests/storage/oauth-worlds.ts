import { createHash } from "node:crypto";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { ConfiguredProvider } from "#server/storage/registry.ts";
import type { FakeOAuth } from "#tests/support/fake-oauth.ts";
import type { Tree } from "#tests/support/fake-tree.ts";
import { createTestIo, type StorageWorld } from "./worlds.ts";

/** A service that people sign in at. */
type SignIn = Pick<FakeOAuth, "client" | "redirectUri" | "agree"> & {
  provider(): ConfiguredProvider;
};

/** One whose files go by ids. */
type SignedIn = SignIn & { readonly tree: Tree; openDownloads(): number };

/** Signs in as a browser does. @returns what would be sealed. */
export async function signInAt(service: SignIn, io: StorageIo): Promise<unknown> {
  service.redirectUri = `https://music.example/oauth/${service.provider().id}/callback`;
  const { client, redirectUri } = service;
  const { oauth } = service.provider();
  if (!oauth) throw new Error("Nobody signs in there.");
  const verifier = "v".repeat(43);
  const url = oauth.authorizeUrl({
    clientId: client.clientId,
    redirectUri,
    state: "s",
    // As RFC 7636 §4.2 makes it.
    challenge: createHash("sha256").update(verifier).digest("base64url"),
    account: null,
  });
  const code = (await service.agree(url.href)).searchParams.get("code") ?? "";
  return (await oauth.exchange({ client, redirectUri, code, verifier }, io)).credential;
}

/** Somebody has signed in, and the storage is theirs. */
export async function startSignedInWorld(service: SignedIn): Promise<StorageWorld> {
  const credential = await signInAt(service, createTestIo());
  const find = idsIn(service.tree);
  const attach = (io: StorageIo) => byPath(find, service.provider().attach(credential, io));
  return { ...inTree(service), attach };
}

/** The hands that change what lies in such a service. */
export const inTree = ({
  tree,
  openDownloads,
}: Pick<SignedIn, "tree" | "openDownloads">): Omit<StorageWorld, "attach"> => ({
  put: async (path, bytes) => void tree.put(path, bytes),
  mkdir: async (path) => void tree.mkdir(path),
  remove: async (path) => void Object.assign(tree.find(path) ?? {}, { isTrashed: true }),
  rename: async (from, to) => tree.rename(from, to),
  age: async () => {},
  openDownloads,
  stop: async () => {},
});

export const idsIn = (tree: Tree) => (path: string) => tree.find(path)?.id;

/** The suite speaks of paths; these know ids. What is no path goes through as it is. */
export function byPath(find: (path: string) => string | undefined, storage: Storage): Storage {
  const toRef = (path: string): string => {
    if (find(path) === undefined) return path;
    const parts = path.split("/");
    return parts
      .map((name, depth) => `${find(parts.slice(0, depth + 1).join("/"))}:${name}`)
      .join("/");
  };
  return {
    ...storage,
    list: (folder, cursor) => storage.list(folder === null ? null : toRef(folder), cursor),
    ...(storage.changes
      ? {
          changes: (root, cursor) =>
            storage.changes?.(root === null ? null : toRef(root), cursor) ?? Promise.resolve(null),
        }
      : {}),
    stat: (ref) => storage.stat(toRef(ref)),
    openRange: (ref, range, signal) => storage.openRange(toRef(ref), range, signal),
  };
}
