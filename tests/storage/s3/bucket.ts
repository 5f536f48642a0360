import { expect } from "vitest";
import type { Credential } from "#server/storage/s3/credential.ts";
import type { StorageWorld } from "#tests/storage/worlds.ts";
import type { FakeS3 } from "#tests/support/fake-s3.ts";

/** As it is sealed. */
export const toCredential = (cloud: FakeS3, changes: Partial<Credential> = {}): Credential => ({
  endpoint: `${cloud.endpoint}/`,
  region: cloud.region,
  bucket: cloud.bucket,
  accessKeyId: cloud.accessKeyId,
  secretAccessKey: cloud.secretAccessKey,
  ...(cloud.sessionToken === undefined ? {} : { sessionToken: cloud.sessionToken }),
  isPathStyle: true,
  product: null,
  ...changes,
});

/** The hands that change what lies in such a bucket. */
export const inBucket = (cloud: FakeS3): Omit<StorageWorld, "attach"> => ({
  put: async (path, bytes) => cloud.put(path, bytes),
  mkdir: async (path) => cloud.put(`${path}/`, ""),
  remove: async (path) => void cloud.objects.delete(path),
  rename: async (from, to) => {
    cloud.put(to, cloud.objects.get(from)?.bytes ?? expect.unreachable());
    cloud.objects.delete(from);
  },
  age: async () => {},
  openDownloads: cloud.openDownloads,
  stop: cloud.stop,
});
