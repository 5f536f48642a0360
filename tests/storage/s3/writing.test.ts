import { s3 } from "#server/storage/s3/index.ts";
import { describeWriting } from "#tests/storage/writing.ts";
import { startFakeS3 } from "#tests/support/fake-s3.ts";
import { toCredential } from "./credentials.ts";

for (const knowsConditions of [true, false]) {
  const name = knowsConditions ? "Amazon S3" : "an S3 without conditions";
  const start = async () => {
    const cloud = await startFakeS3();
    if (!knowsConditions) cloud.ignoreConditions();
    return {
      put: async (path: string, bytes: Buffer) => cloud.put(path, bytes),
      attach: (io: Parameters<typeof s3.attach>[2]) => s3.attach({}, toCredential(cloud), io),
      everything: async () => [...cloud.objects.keys(), ...cloud.unfinishedUploads()].toSorted(),
      stop: cloud.stop,
    };
  };
  describeWriting(name, start, knowsConditions ? {} : { hasRaces: true });
}
