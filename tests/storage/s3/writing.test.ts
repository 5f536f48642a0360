import { expect, onTestFinished, test } from "vitest";
import { s3 } from "#server/storage/s3/index.ts";
import { describeRemoving } from "#tests/storage/removing.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { beginFile, describeWriting, sendParts, writingOf } from "#tests/storage/writing.ts";
import { startFakeS3 } from "#tests/support/fake-s3.ts";
import { toCredential } from "./bucket.ts";

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
  describeRemoving(name, start);
}

test("a failure that comes after the status is a failure", async () => {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  const writing = writingOf(s3.attach({}, toCredential(cloud), createTestIo()));
  const target = { root: null, folders: [], name: "take.mp3", sizeBytes: 3 };
  const session = await beginFile(writing, target);
  const receipts = await sendParts(writing, session, Buffer.from("new"));
  const finish = { receipts, name: "take.mp3", isRepeated: false };
  for (const [code, named] of [
    ["InternalError", "storage_unavailable"],
    ["NoSuchUpload", "gone"],
    ["QuotaExceeded", "storage_full"],
  ] as const) {
    cloud.failLate(code);
    await expect(writing.finish(session, finish)).rejects.toMatchObject({ code: named });
  }
  cloud.failLate(null);
  expect(await writing.finish(session, finish)).toMatchObject({ path: "take.mp3" });
});

test("a key that may delete nothing is told what it lacks, and the object stays", async () => {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  cloud.put("take.mp3", Buffer.from("one"));
  cloud.keepAll();
  const storage = s3.attach({}, toCredential(cloud), createTestIo());
  const known = await storage.stat("take.mp3");
  await expect((async () => storage.remove?.(known))()).rejects.toMatchObject({
    code: "storage_refused",
    message: expect.stringMatching(/s3:DeleteObject/),
  });
  expect([...cloud.objects.keys()]).toEqual(["take.mp3"]);
});
