import { describe, expect, test } from "vitest";
import { withNginx } from "#tests/support/emulator-gate.ts";
import {
  GOOGLE_EMULATOR,
  type GoogleEmulator,
  startGoogleEmulator,
} from "#tests/support/google-emulator.ts";
import { runJobs } from "#tests/support/world.ts";
import { type EmulatedKind, listAtOnce, signingIn } from "./emulated-sign-in.ts";
import { annasOAuth } from "./oauth-world.ts";

/**
 * Against a Google that we did not write. Left out, because emulate has none of it: the log of changes,
 * checksums, shared drives and shortcuts, a permission that people do not grant, another account at
 * reconnecting, a redirect address that is another at the token endpoint, and every limit of Google's.
 */
const kind = {
  async start({ secret } = {}) {
    const emulator = await startGoogleEmulator();
    const provider = emulator.provider({
      GOOGLE_CLIENT_ID: emulator.client.clientId,
      GOOGLE_CLIENT_SECRET: secret ?? emulator.client.clientSecret,
    });
    return { ...(await annasOAuth("google-drive", emulator, provider, {})), emulator };
  },
  listing: "/drive/v3/files",
  askForBytes({ url, accessTokens }, id, range) {
    const headers = { range, authorization: `Bearer ${accessTokens()[0]}` };
    return fetch(`${url}/drive/v3/files/${id}?alt=media`, { headers });
  },
  rangesAsked: ({ asked }) => asked,
} satisfies EmulatedKind<GoogleEmulator>;

withNginx(() => {
  describe(`${GOOGLE_EMULATOR}, somebody else's`, () => {
    signingIn(kind);

    test("the refresh token stays the same however often access is renewed", async () => {
      const world = await kind.start();
      const { emulator, server } = world;
      const { id } = await world.connect();
      const before = emulator.refreshTokens();
      for (let round = 0; round < 3; round += 1) {
        await emulator.revokeAccess();
        await listAtOnce([server.deps], id);
      }
      expect(before).toHaveLength(1);
      expect(emulator.refreshTokens()).toEqual(before);
    });

    test("disconnecting ends the grant there", async () => {
      const world = await kind.start();
      const { anna, emulator, server } = world;
      const { id } = await world.connect();
      const [token = ""] = emulator.refreshTokens();
      const grant = { grant_type: "refresh_token", refresh_token: token };
      expect(await emulator.redeem(grant)).toEqual({ status: 200, error: null });
      await anna.api.connections.remove.mutate({ connectionId: id });
      await runJobs(server);
      expect(emulator.asked.filter((each) => each.endsWith("/oauth2/revoke"))).toHaveLength(1);
      expect(await emulator.redeem(grant)).toEqual({ status: 400, error: "invalid_grant" });
    });
  });
});
