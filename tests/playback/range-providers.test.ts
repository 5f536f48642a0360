import { describe, expect, test } from "vitest";
import {
  annasBucket,
  annasCloud,
  annasDrive,
  annasFolder,
  annasMedia,
  annasOnedrive,
  type Connected,
} from "#tests/internal/connected.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { listTracks, runJobs } from "#tests/support/world.ts";
import {
  type Ask,
  createAsking,
  expectConditions,
  expectRanges,
  pathOf,
  take,
} from "./range-table.ts";

const STORAGES: readonly {
  readonly name: string;
  readonly connect: (options: TestServerOptions) => Promise<Connected>;
  /** Its validators do not say that bytes are the same: parts are not asked for on their strength. */
  readonly isWeak?: true;
}[] = [
  { name: "a WebDAV server", connect: (options) => annasCloud("plain", options) },
  { name: "a Nextcloud", connect: (options) => annasCloud("nextcloud", options) },
  { name: "a bucket of S3", connect: annasBucket },
  { name: "a Google Drive", connect: annasDrive },
  { name: "a OneDrive", connect: annasOnedrive },
  { name: "a Jellyfin", connect: (options) => annasMedia("jellyfin", options), isWeak: true },
  { name: "an Emby", connect: (options) => annasMedia("emby", options), isWeak: true },
  { name: "a folder of the server", connect: annasFolder },
];

const CACHES = [
  { how: "without a cache", environment: {}, isPlayed: false },
  { how: "through a cold cache", environment: { RANGE_CACHE_SIZE: "50MB" }, isPlayed: false },
  { how: "through a hot cache", environment: { RANGE_CACHE_SIZE: "50MB" }, isPlayed: true },
];

describe.each(STORAGES)("$name", ({ connect, isWeak }) => {
  test.each(CACHES)("gives every range of a recording, $how", async ({ environment, isPlayed }) => {
    const world = await connect({ environment });
    await world.hands.put("take.mp3", take);
    const [connection] = await world.anna.api.connections.list.query({ bandId: world.bandId });
    await world.anna.api.connections.scan.mutate({
      connectionId: connection?.id ?? expect.unreachable(),
    });
    await runJobs(world.server);
    const [track] = await listTracks(world);
    const path = await pathOf(world, track?.path ?? "take.mp3");
    const asking = createAsking(world);
    const ask: Ask = (headers, method) => asking(path, headers, method);
    if (isPlayed) await ask({ range: "bytes=0-" });
    await world.server.deps.rangeCache?.settled();
    await expectRanges(ask, isWeak ? /^W\/"[\w-]{22}"$/ : undefined);
    if (!isWeak) await expectConditions(ask);
    expect(await listTracks(world)).toMatchObject([{ id: track?.id, sizeBytes: take.length }]);
  });
});
