import { describe, expect, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { openCredential } from "#server/connections/credentials.ts";
import { findConnectionById } from "#server/connections/store.ts";
import { readRange } from "#tests/storage/worlds.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { withNginx } from "#tests/support/emulator-gate.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";
import {
  MICROSOFT_EMULATOR,
  type MicrosoftEmulator,
  startMicrosoftEmulator,
} from "#tests/support/microsoft-emulator.ts";
import { runJobs } from "#tests/support/world.ts";
import {
  type EmulatedKind,
  type EmulatedWorld,
  listAtOnce,
  openStorage,
  refreshes,
  signingIn,
} from "./emulated-sign-in.ts";
import { annasOAuth } from "./oauth-world.ts";

/**
 * Against a Microsoft that we did not write. Left out, because none of the two has it: addresses of bytes
 * that end, a log that forgets (410), what others share, paths instead of ids, a permission that people
 * do not grant, another account at reconnecting, accounts without a OneDrive, and every limit.
 */
const kind = {
  async start({ secret } = {}) {
    const emulator = await startMicrosoftEmulator();
    const provider = emulator.provider({
      MICROSOFT_CLIENT_ID: emulator.client.clientId,
      MICROSOFT_CLIENT_SECRET: secret ?? emulator.client.clientSecret,
    });
    return { ...(await annasOAuth("onedrive", emulator, provider, {})), emulator };
  },
  listing: "/v1.0/me/drive/root/children",
  // Whoever has the address has the bytes.
  askForBytes: ({ bytesUrl }, id, range) =>
    fetch(`${bytesUrl}/download/${id}`, { headers: { range } }),
  rangesAsked: ({ downloads }) => downloads,
} satisfies EmulatedKind<MicrosoftEmulator>;

async function heldRefreshToken({ server: { deps } }: EmulatedWorld, id: Connection["id"]) {
  const row = (await findConnectionById(deps.db, id)) ?? expect.unreachable();
  return (openCredential(deps, row) as { readonly refreshToken: string }).refreshToken;
}

/** Another server over the same database, with the same keys. */
const startReplica = ({ server: { deps } }: EmulatedWorld): Promise<TestDeps> =>
  testDeps({
    database: deps.testDatabase,
    keys: deps.testKeys,
    providers: { onedrive: deps.providers.onedrive },
  });

withNginx(() => {
  describe(`${MICROSOFT_EMULATOR}, somebody else's`, () => {
    signingIn(kind);

    test("each refresh token is taken once, and the one that comes with new access is kept", async () => {
      const world = await kind.start();
      const { emulator, server } = world;
      const { id } = await world.connect();
      const spent: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        spent.push(await heldRefreshToken(world, id));
        await emulator.revokeAccess();
        await listAtOnce([server.deps], id);
        expect(emulator.refreshTokens()).toEqual([await heldRefreshToken(world, id)]);
      }
      for (const refresh_token of spent) {
        const again = await emulator.redeem({ grant_type: "refresh_token", refresh_token });
        expect(again).toEqual({ status: 400, error: "invalid_grant" });
      }
    });

    test("three servers spend no refresh token twice", async () => {
      const world = await kind.start();
      const { emulator } = world;
      const { id } = await world.connect();
      const servers = [world.server.deps, await startReplica(world), await startReplica(world)];
      for (const round of [1, 2, 3, 4, 5]) {
        await emulator.revokeAccess();
        await listAtOnce(servers, id);
        expect(refreshes(world)).toBe(round);
      }
      expect((await world.find(id)).health).toBe("active");
    });

    test("access that another server has renewed, and that has ended too, is renewed again", async () => {
      const world = await kind.start();
      const { emulator } = world;
      const { id } = await world.connect();
      const held = await openStorage(world.server.deps, id);
      const other = await startReplica(world);
      await emulator.revokeAccess();
      await listAtOnce([other], id);
      await emulator.revokeAccess();
      expect(await held.list(null, null)).toMatchObject({ entries: [] });
      expect(refreshes(world)).toBe(2);
    });

    test("the token stays with Graph: whoever brings it where the bytes are is refused", async () => {
      const world = await kind.start();
      const { emulator, server } = world;
      const id = emulator.files.put("take 1.mp3", generatedBytes(0, 99));
      const connection = await world.connect();
      const authorization = `Bearer ${emulator.accessTokens()[0]}`;
      const address = `${emulator.bytesUrl}/download/${id}`;
      expect((await fetch(address, { headers: { authorization } })).status).toBe(401);
      const sent = await fetch(`${emulator.url}/v1.0/me/drive/items/${id}/content`, {
        headers: { authorization },
        redirect: "manual",
      });
      expect([sent.status, sent.headers.get("location")]).toEqual([302, address]);
      const storage = await openStorage(server.deps, connection.id);
      const bytes = await readRange(storage, `${id}:take 1.mp3`, { start: 7, end: 11 });
      expect(bytes.equals(generatedBytes(7, 11))).toBe(true);
    });

    test("disconnecting forgets the access here, as there is nobody to tell", async () => {
      const world = await kind.start();
      const { emulator, server, anna } = world;
      const { id } = await world.connect();
      const asked = emulator.asked.length;
      await anna.api.connections.remove.mutate({ connectionId: id });
      await runJobs(server);
      expect(emulator.asked).toHaveLength(asked);
    });
  });
});
