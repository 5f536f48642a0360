import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { connectionTopic } from "#server/connections/renewal.ts";
import { createClientBuild } from "#tests/support/client-build.ts";
import { refused } from "#tests/support/refused.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { beginTrack, type ListedWorld, shareList, withLists } from "./lists.ts";
import { annasTakes, open } from "./sharing.ts";

const annasLists = async (): Promise<ListedWorld> =>
  withLists(await annasTakes({ clientDir: await createClientBuild() }));

/** What a preview says. */
async function titleOf({ baseUrl }: TestServer, { path }: { readonly path: string }) {
  const answer = await fetch(baseUrl + path, { headers: { accept: "text/html" } });
  const html = await answer.text();
  return /property="og:title" content="([^"]*)"/.exec(html)?.[1] ?? null;
}

/** Nobody is told of it. */
const changeInSecret = ({ server }: ListedWorld, change: SQL): Promise<unknown> =>
  write(server.deps, (tx) => tx.execute(change));

const rename = ({ anna, playlistId }: ListedWorld, name: string) =>
  anna.api.playback.playlists.rename.mutate({ playlistId, name });

test("what a link shows is kept, and is another at once when it is changed", async () => {
  const world = await annasLists();
  const { server } = world;
  const link = await shareList(world, world);
  expect(await titleOf(server, link)).toBe("Set &lt;list&gt;");
  await changeInSecret(world, sql`update playlists set name = 'In secret'`);
  expect(await titleOf(server, link)).toBe("Set &lt;list&gt;");
  expect(await open(server.guest(), link)).toMatchObject({ title: "Set <list>" });
  await rename(world, "Told");
  await expect.poll(() => titleOf(server, link)).toBe("Told");
  expect(await open(server.guest(), link)).toMatchObject({ title: "Told" });
});

test.each(["taken back", "given a password", "given another link", "ended", "emptied of its list"])(
  "nothing is told any more of a link that is %s, at another server either",
  async (how) => {
    const world = await annasLists();
    const { anna, server, playlistId } = world;
    const { testDatabase, testKeys } = server.deps;
    const clientDir = await createClientBuild();
    const there = await startServer({ database: testDatabase, keys: testKeys, clientDir });
    const link = await shareList(world, world);
    const shareId = link.share.id;
    for (const each of [server, there]) expect(await titleOf(each, link)).not.toBeNull();
    const { terms } = link.share;
    const { shares, playlists } = anna.api.playback;
    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      "taken back": () => shares.remove.mutate({ shareId }),
      "given a password": () => shares.update.mutate({ shareId, terms, password: "one two three" }),
      "given another link": () => shares.renewLink.mutate({ shareId }),
      ended: () =>
        shares.update.mutate({
          shareId,
          terms: { ...terms, expiresAt: new Date(Date.now() + 1_500).toISOString() },
        }),
      "emptied of its list": () => playlists.remove.mutate({ playlistId }),
    };
    await changes[how]?.();
    for (const each of [server, there]) {
      await expect.poll(() => titleOf(each, link), { timeout: 10_000 }).toBeNull();
    }
  },
);

test("of a link with a password nothing is kept", async () => {
  const world = await annasLists();
  const { server } = world;
  const password = "eleven green bassoons";
  const link = await shareList(world, world, {}, password);
  expect(await open(server.guest(), link, password)).toMatchObject({ title: "Set <list>" });
  await changeInSecret(world, sql`update playlists set name = 'In secret'`);
  expect(await open(server.guest(), link, password)).toMatchObject({ title: "In secret" });
  expect(await open(server.guest(), link)).toEqual({ status: "password_needed" });
  expect(await titleOf(server, link)).toBeNull();
});

test("who asks and how often it was heard is never kept", async () => {
  const world = await annasLists();
  const { server, track } = world;
  const link = await shareList(world, world, { playLimit: 2 });
  const [first, second] = [server.guest(), server.guest()];
  expect(await open(first, link)).toMatchObject({ playsLeft: 2 });
  await beginTrack(first, link, track.id);
  expect(await open(second, link)).toMatchObject({ playsLeft: 1 });
  expect((await refused(beginTrack(server.guest(), link, track.id))).code).toBe("unauthenticated");
  await beginTrack(second, link, track.id);
  expect(await open(first, link)).toMatchObject({ playsLeft: 0 });
  expect((await refused(open(server.guest(), link))).code).toBe("gone");
});

test("what a scan reads is shown by links soon after", async () => {
  const world = await annasLists();
  const { server } = world;
  const link = await shareList(world, world);
  expect(await open(server.guest(), link)).toMatchObject({ tracks: [{ title: "take 2" }, {}] });
  await changeInSecret(world, sql`update tracks set title = 'New' where title = 'take 2'`);
  await write(server.deps, (tx) =>
    server.deps.events.publish(tx, connectionTopic(world.connection.id)),
  );
  await expect
    .poll(() => open(server.guest(), link))
    .toMatchObject({ tracks: [{ title: "New" }, {}] });
});
