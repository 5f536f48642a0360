import { onTestFinished } from "vitest";
import type { ConnectForm } from "#contract/connections.ts";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { annasGoogle, type GoogleWorld } from "#tests/connections/google-world.ts";
import { annasMicrosoft, type MicrosoftWorld } from "#tests/connections/microsoft-world.ts";
import type { OAuthWorld } from "#tests/connections/oauth-world.ts";
import { formOf, annasServer as startMedia } from "#tests/storage/jellyfin/worlds.ts";
import { byPath, idsIn, inTree } from "#tests/storage/oauth-worlds.ts";
import { inBucket } from "#tests/storage/s3/bucket.ts";
import { inCloud } from "#tests/storage/webdav/fault-storage.ts";
import { onDisk, type StorageWorld } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { type FakeS3, startFakeS3 } from "#tests/support/fake-s3.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasServer, connect, runJobs, type World } from "#tests/support/world.ts";
import { bothWays } from "./storage-servers.ts";

/** A storage that is connected at its top, and scanned while it was empty. */
export interface Connected extends World {
  /** Changes what lies in it. */
  readonly hands: Omit<StorageWorld, "attach">;
  /** Refs may be paths then. */
  toPaths(storage: Storage): Storage;
  /** How many requests it has had. */
  asked(): number;
}

/** As the suite for storages wants it, read by a worker that scans it. */
export async function throughWorker(connected: Connected): Promise<StorageWorld> {
  const { remote } = await bothWays(connected);
  const attach = async (io: StorageIo) => connected.toPaths(await remote(io));
  return { ...connected.hands, attach, stop: async () => {} };
}

async function scanTop({ anna, server }: World, connectionId: string): Promise<void> {
  await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  await runJobs(server);
}

const connectForm = async (world: World, form: ConnectForm): Promise<void> => {
  const { id } = await world.anna.api.connections.create.mutate({ bandId: world.bandId, form });
  await scanTop(world, id);
};

const signIn = async (world: OAuthWorld): Promise<void> =>
  scanTop(world, (await world.connect()).id);

export async function annasDrive(
  options: TestServerOptions = {},
): Promise<GoogleWorld & Connected> {
  const world = await annasGoogle(options);
  const { google } = world;
  await signIn(world);
  return {
    ...world,
    hands: inTree(google),
    toPaths: (storage) => byPath(idsIn(google.tree), storage),
    asked: () => google.driveRequests.length,
  };
}

export async function annasOnedrive(
  options: TestServerOptions = {},
): Promise<MicrosoftWorld & Connected> {
  const world = await annasMicrosoft(options);
  const { microsoft } = world;
  await signIn(world);
  return {
    ...world,
    hands: inTree(microsoft),
    toPaths: (storage) => byPath(idsIn(microsoft.tree), storage),
    asked: () => microsoft.graphRequests.length,
  };
}

export async function annasBucket(
  options: TestServerOptions = {},
): Promise<Connected & { readonly bucket: FakeS3 }> {
  const bucket = await startFakeS3();
  onTestFinished(() => bucket.stop());
  const world = await annasServer(options);
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket;
  const keys = { accessKeyId, secretAccessKey, pathStyle: true } as const;
  await connectForm(world, { provider: "s3", endpoint, region, bucket: bucket.bucket, ...keys });
  const asked = () => bucket.requests.length;
  return { ...world, bucket, hands: inBucket(bucket), toPaths: (storage) => storage, asked };
}

export async function annasCloud(
  persona: "plain" | "nextcloud",
  options: TestServerOptions = {},
): Promise<Connected & { readonly cloud: FaultServer }> {
  const cloud = await startFaultServer({ persona });
  onTestFinished(() => cloud.stop());
  const world = await annasServer(options);
  await connect(world, cloud);
  const asked = () => cloud.requests.length;
  return { ...world, cloud, hands: inCloud(cloud), toPaths: (storage) => storage, asked };
}

export async function annasFolder(options: TestServerOptions = {}): Promise<Connected> {
  const folder = await createTestFolder();
  const environment = { ...options.environment, FOLDER_ROOTS: folder };
  const world = await annasServer({ ...options, environment });
  await connectForm(world, { provider: "folder", folder });
  const hands = { ...onDisk(folder), stop: async () => {} };
  return { ...world, hands, toPaths: (storage) => storage, asked: () => 0 };
}

export async function annasMedia(
  product: JellyfinProduct,
  options: TestServerOptions = {},
): Promise<Connected> {
  const media = await startMedia(product);
  const { library } = media;
  const world = await annasServer(options);
  await connectForm(world, formOf(media));
  const hands = {
    put: async (path: string, bytes: Buffer) => library.put(`Music/${path}`, bytes),
    mkdir: async (path: string) => library.mkdir(`Music/${path}`),
    remove: async (path: string) => library.remove(`Music/${path}`),
    rename: async (from: string, to: string) => library.move(`Music/${from}`, `Music/${to}`),
    age: async () => {},
    openDownloads: library.openDownloads,
    stop: async () => {},
  };
  return { ...world, hands, toPaths: (storage) => storage, asked: () => 0 };
}
