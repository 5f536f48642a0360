import { expect, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { createToken } from "#server/auth/crypto.ts";
import { attachStorage } from "#server/connections/service.ts";
import { findConnectionById } from "#server/connections/store.ts";
import type { Deps } from "#server/deps.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import type { Emulator } from "#tests/support/emulate.ts";
import type { EmulatedFiles } from "#tests/support/emulated-files.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";
import { runJobs, trackAt } from "#tests/support/world.ts";
import { type OAuthWorld, troubleIn } from "./oauth-world.ts";

type Service = Emulator & { readonly url: string; readonly files: EmulatedFiles };

export type EmulatedWorld<S extends Service = Service> = OAuthWorld & { readonly emulator: S };

/** What a sign-in of somebody else's is asked, and how. */
export interface EmulatedKind<S extends Service> {
  /** @param secret - with which the server goes instead of the client's. */
  start(options?: { readonly secret?: string }): Promise<EmulatedWorld<S>>;
  /** An address below the emulator's that says something to those whose token is good. */
  readonly listing: string;
  /** Asks for a part of a file directly. */
  askForBytes(emulator: S, id: string, range: string): Promise<Response>;
  /** What was asked for bytes, as `<path> bytes=<start>-<end>`. */
  rangesAsked(emulator: S): readonly string[];
}

const CALLERS = 20;
const SIZE = 100_000;

export async function openStorage(deps: Deps, id: Connection["id"]) {
  const row = (await findConnectionById(deps.db, id)) ?? expect.unreachable();
  return attachStorage(deps, row, new AbortController().signal);
}

/** As many at once as listeners would be. */
export async function listAtOnce(servers: readonly Deps[], id: Connection["id"]): Promise<void> {
  const callers = servers.flatMap((deps) => Array.from({ length: CALLERS }, () => deps));
  await Promise.all(callers.map(async (deps) => (await openStorage(deps, id)).list(null, null)));
}

export const refreshes = ({ emulator }: EmulatedWorld): number =>
  emulator.tokenRequests().filter((grant) => grant === "refresh_token").length;

/** Drives everything of ours from the button to the bytes against a sign-in that is not ours. */
export function signingIn<S extends Service>(kind: EmulatedKind<S>): void {
  test("Anna signs in there, chooses a folder and listens from the middle", async () => {
    const world = await kind.start();
    const { anna, emulator, server } = world;
    emulator.files.put("Live/take 1.mp3", generatedBytes(0, SIZE - 1));
    emulator.files.put("Other/take 9.mp3", generatedBytes(0, 9));
    const { id: connectionId } = await world.connect();
    const { connections } = anna.api;
    const top = await connections.browse.query({ connectionId, folder: null });
    expect(top.folders.map(({ name }) => name).toSorted()).toEqual(["Live", "Other"]);
    const live = top.folders.find(({ name }) => name === "Live") ?? expect.unreachable();
    await connections.setRoot.mutate({ connectionId, folder: live.ref });
    await runJobs(server);
    const track = await trackAt(world, "Live/take 1.mp3");
    const headers = { range: "bytes=70000-70099" };
    const answer = await anna.fetch(anna.streamUrl(track.id), { headers });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([
      206,
      `bytes 70000-70099/${SIZE}`,
    ]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.equals(generatedBytes(70_000, 70_099))).toBe(true);
    expect(kind.rangesAsked(emulator).some((each) => / bytes=70000-\d+$/.test(each))).toBe(true);
    expect(emulator.tokenRequests()).toEqual(["authorization_code"]);
  });

  test("takes no token but those that it has given and not taken back", async () => {
    const world = await kind.start();
    const { emulator } = world;
    await world.connect();
    const statusOf = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${emulator.url}${kind.listing}`, { headers })).status;
    };
    const [token = ""] = emulator.accessTokens();
    expect(await statusOf(token)).toBe(200);
    for (const odd of ["another", ""]) expect(await statusOf(odd)).toBe(401);
    await emulator.revokeAccess();
    expect(await statusOf(token)).toBe(401);
  });

  test("gives a part of a file as HTTP says it", async () => {
    const world = await kind.start();
    const { emulator } = world;
    const id = emulator.files.put("take 1.mp3", generatedBytes(0, SIZE - 1));
    await world.connect();
    for (const [range, status, said] of [
      ["bytes=7-11", 206, `bytes 7-11/${SIZE}`],
      [`bytes=${SIZE}-`, 416, `bytes */${SIZE}`],
    ] as const) {
      const answer = await kind.askForBytes(emulator, id, range);
      expect([answer.status, answer.headers.get("content-range")]).toEqual([status, said]);
    }
  });

  test("a code is worth nothing to those without our verifier or our secret, and once to us", async () => {
    const world = await kind.start();
    const { emulator } = world;
    const url = await world.begin();
    const back = await emulator.agree(url);
    const grant = {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: emulator.redirectUri,
    };
    const mine = { ...grant, code_verifier: createToken() };
    const others = { ...mine, client_secret: "another" };
    const refused = { status: 400, error: "invalid_grant" };
    expect(await emulator.redeem(grant)).toEqual(refused);
    expect(await emulator.redeem(mine)).toEqual(refused);
    expect(await emulator.redeem(others)).toEqual({ status: 401, error: "invalid_client" });
    expect(troubleIn(await world.comeBack(back))).toBeNull();
    expect(await emulator.redeem(mine)).toEqual(refused);
  });

  test("our address is the one that the client is registered with, and no other is let through", async () => {
    const world = await kind.start();
    const url = new URL(await world.begin());
    expect(url.searchParams.get("redirect_uri")).toBe(world.emulator.redirectUri);
    url.searchParams.set("redirect_uri", "https://evil.example/callback");
    await expect(world.emulator.agree(url.href)).rejects.toThrow("The page says 400");
  });

  test("an answer that is not to what Anna has asked is not taken there", async () => {
    const world = await kind.start();
    const back = await world.emulator.agree(await world.begin());
    const other = new URL(back);
    other.searchParams.set("state", createToken());
    expect(troubleIn(await world.comeBack(other))).toBe("unknown");
    expect(troubleIn(await world.comeBack(back, fetch))).toBe("other_browser");
    expect(world.emulator.tokenRequests()).toEqual([]);
    expect(troubleIn(await world.comeBack(back))).toBeNull();
    expect(troubleIn(await world.comeBack(back))).toBe("unknown");
    expect(world.emulator.tokenRequests()).toEqual(["authorization_code"]);
  });

  test.each<[string, (emulator: Emulator) => unknown]>([
    ["is taken back", (emulator) => emulator.revokeAccess()],
    ["has ended", (emulator) => emulator.expireAccess()],
  ])("access that %s is renewed once for all who ask, each time", async (_, end) => {
    const world = await kind.start();
    const { anna, emulator, server } = world;
    emulator.files.put("take 1.mp3", generatedBytes(0, 99));
    const { id: connectionId } = await world.connect();
    await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
    await runJobs(server);
    const track = await trackAt(world, "take 1.mp3");
    for (const round of [1, 2, 3]) {
      await end(emulator);
      await listAtOnce([server.deps], connectionId);
      expect(refreshes(world)).toBe(round);
    }
    await end(emulator);
    const answer = await anna.fetch(anna.streamUrl(track.id));
    expect(Buffer.from(await answer.arrayBuffer()).equals(generatedBytes(0, 99))).toBe(true);
    expect(refreshes(world)).toBe(4);
    expect((await world.find(connectionId)).health).toBe("active");
  });

  test("a grant that is taken back has to be given again, and then all is as it was", async () => {
    const world = await kind.start();
    const { emulator, server } = world;
    const { id } = await world.connect();
    await emulator.revokeGrant();
    const asked = refusalOf((await openStorage(server.deps, id)).list(null, null));
    expect((await asked).code).toBe("storage_reconnect");
    expect((await world.find(id)).health).toBe("needs_reconnect");
    // Nobody asks again and again for what will not be given.
    await refusalOf((await openStorage(server.deps, id)).list(null, null));
    expect(refreshes(world)).toBe(1);
    const landed = await world.comeBack(await emulator.agree(await world.begin(id)));
    expect(troubleIn(landed)).toBeNull();
    expect((await world.find(id)).health).toBe("active");
    await listAtOnce([server.deps], id);
    expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toHaveLength(1);
  });

  test("a wrong secret of ours is refused there, and whoever set it is told so", async () => {
    const world = await kind.start({ secret: "another" });
    const landed = await world.comeBack(await world.emulator.agree(await world.begin()));
    expect(troubleIn(landed)).toBe("client");
    expect(world.emulator.tokenRequests()).toEqual(["authorization_code"]);
    expect(world.emulator.accessTokens()).toEqual([]);
    expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toEqual([]);
  });
}
