import { onTestFinished } from "vitest";
import type { Connection } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Backline } from "#sdk/index.ts";
import { handlers } from "#server/worker.ts";
import { type FaultServer, type FaultServerOptions, startFaultServer } from "./fault-server.ts";
import { startServer, type TestServer, type TestServerOptions } from "./server.ts";

/** A server with its first admin signed in. */
export interface World {
  readonly server: TestServer;
  readonly anna: Backline;
  readonly bandId: BandId;
}

/** Anna's world with a storage connected, and everything in it scanned. */
export interface StorageWorld extends World {
  readonly cloud: FaultServer;
  readonly connection: Connection;
}

/** A listening server, and Anna who has just set it up. */
export async function annasServer(options: TestServerOptions = {}): Promise<World> {
  const server = await startServer(options);
  const anna = await server.admin();
  const me = await anna.api.auth.me.query();
  return { server, anna, bandId: me.personalBandId };
}

/**
 * Anna's band with a WebDAV storage of ours connected at its top.
 *
 * @param fill - puts files into the storage before it is scanned.
 */
export async function annasStorage(
  fill: (cloud: FaultServer) => void,
  options: { server?: TestServerOptions; cloud?: FaultServerOptions } = {},
): Promise<StorageWorld> {
  const cloud = await startFaultServer(options.cloud);
  onTestFinished(() => cloud.stop());
  fill(cloud);
  const world = await annasServer(options.server);
  const connection = await connect(world, cloud);
  return { ...world, cloud, connection };
}

/** Connects the whole storage and scans it. */
export async function connect(world: World, cloud: FaultServer): Promise<Connection> {
  const { anna, bandId, server } = world;
  const made = await anna.api.connections.create.mutate({
    bandId,
    form: {
      provider: "webdav",
      url: cloud.url,
      username: cloud.username,
      password: cloud.password,
    },
  });
  const connection = await anna.api.connections.setRoot.mutate({
    connectionId: made.id,
    folder: null,
  });
  await runJobs(server);
  return connection;
}

/** Does everything that waits to be done, here and now. */
export async function runJobs({ deps }: Pick<TestServer, "deps">): Promise<void> {
  while (await deps.jobs.runNext(deps, handlers, AbortSignal.timeout(60_000)));
}

/** The tracks of Anna's band as they are listed, by path. */
export async function listTracks(world: World, search = ""): Promise<Track[]> {
  const { tracks } = await world.anna.api.library.tracks.list.query({
    bandId: world.bandId,
    search,
    limit: 200,
  });
  return tracks.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** @throws Error when no track lies there. */
export async function trackAt(world: World, path: string): Promise<Track> {
  const track = (await listTracks(world)).find((each) => each.path === path);
  if (!track) throw new Error(`No track at ${path}.`);
  return track;
}
