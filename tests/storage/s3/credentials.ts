import type { Credential } from "#server/storage/s3/credential.ts";
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
