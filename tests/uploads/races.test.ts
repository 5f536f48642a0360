import { describe, expect, test } from "vitest";
import { uploads } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { startBucket, startDav } from "./clouds.ts";
import {
  annasBand,
  annasFolder,
  connect,
  dataOf,
  fileHash,
  filesIn,
  hashOf,
  offsetOf,
  pathOf,
  recording,
  type Uploading,
} from "./uploading.ts";

const MB = 1024 * 1024;

/** As many at once as one person may have. */
const sendSameName = async ({ tus, bandId }: Uploading, count: number): Promise<Buffer[]> => {
  const takes = Array.from({ length: count }, (_, index) => recording(1000, index * 7));
  const wanted = { bandId, filename: "take.mp3", modified: "2026-05-06" };
  const sent = await Promise.all(takes.map((bytes) => tus.send(wanted, bytes)));
  expect(sent.map(({ last }) => last.status)).toEqual(takes.map(() => 204));
  return takes;
};

const NAMES = ["take.mp3", ...[2, 3, 4, 5, 6].map((number) => `take (${number}).mp3`)];

describe("recordings of one name at once", () => {
  test("all lie in a folder, each under a name of its own", async () => {
    const world = await annasFolder();
    const takes = await sendSameName(world, 6);
    const files = await filesIn(world.folder);
    expect(files).toEqual(NAMES.map((name) => `2026/2026-05-06/${name}`).toSorted());
    const hashes = await Promise.all(files.map((path) => fileHash(world.folder, path)));
    expect(hashes.toSorted()).toEqual(takes.map(hashOf).toSorted());
    const listed = (await world.tus.list(world.bandId)).map(({ path }) => path);
    expect(listed.toSorted()).toEqual(files);
  });

  test.each([
    ["a bucket", startBucket],
    ["a WebDAV server", startDav],
  ] as const)("all lie in %s, beside what was there before", async (_name, start) => {
    const cloud = await start();
    const world = await annasBand();
    await connect(world, cloud.form);
    if ("objects" in cloud.cloud) cloud.cloud.put("2026/2026-05-06/take.mp3", "old");
    else cloud.cloud.tree.put("2026/2026-05-06/take.mp3", "old");
    const takes = await sendSameName(world, 5);
    const files = cloud.files();
    expect([...files.keys()].toSorted()).toEqual(
      NAMES.map((name) => `2026/2026-05-06/${name}`).toSorted(),
    );
    expect(files.get("2026/2026-05-06/take.mp3")?.toString()).toBe("old");
    const hashes = [...files.values()]
      .map(hashOf)
      .filter((hash) => hash !== hashOf(Buffer.from("old")));
    expect(hashes.toSorted()).toEqual(takes.map(hashOf).toSorted());
  });

  test("in a bucket are sent anew when somebody else takes the name meanwhile", async () => {
    const bucket = await startBucket();
    const world = await annasBand();
    await connect(world, bucket.form);
    const { tus, bandId } = world;
    const bytes = recording(1000);
    const wanted = { bandId, filename: "take.mp3", modified: "2026-05-06", sizeBytes: 1000 };
    const path = pathOf(await tus.create(wanted));
    bucket.cloud.put("2026/2026-05-06/take.mp3", "theirs");
    const answer = await tus.patch(path, 0, bytes);
    expect([answer.status, answer.refusal?.message]).toEqual([
      409,
      expect.stringContaining("has to be sent once more"),
    ]);
    expect(offsetOf(await tus.head(path))).toBe(0);
    expect((await tus.patch(path, 0, bytes)).status).toBe(204);
    const files = bucket.files();
    expect(files.get("2026/2026-05-06/take.mp3")?.toString()).toBe("theirs");
    expect(files.get("2026/2026-05-06/take (2).mp3")?.equals(bytes)).toBe(true);
    expect(bucket.leftovers()).toBe(0);
  });
});

describe("one upload", () => {
  test("has one sender at a time, whichever servers two of them ask", async () => {
    const world = await annasFolder({}, 2);
    const { tus, bandId, folder, replicas } = world;
    const other = tus.at(replicas[1]?.baseUrl ?? "");
    for (let round = 0; round < 10; round += 1) {
      const bytes = recording(5 * MB, round);
      const wanted = { bandId, filename: `take ${round}.wav`, sizeBytes: bytes.length };
      const path = pathOf(await tus.create(wanted));
      const answers = await Promise.all(
        [tus, tus, other, other].map((each) => each.patch(path, 0, bytes)),
      );
      const statuses = answers.map(({ status }) => status).toSorted();
      expect([round, statuses]).toEqual([round, [204, 409, 409, 409]]);
    }
    const files = await filesIn(folder);
    expect(files).toHaveLength(10);
    for (const path of files) {
      const round = Number(/take (\d)/.exec(path)?.[1]);
      expect(await fileHash(folder, path)).toBe(hashOf(recording(5 * MB, round)));
    }
  }, 60_000);

  test("is not taken from a sender that is still there, and lost by one that is overtaken", async () => {
    const world = await annasFolder({}, 2);
    const { tus, bandId, folder, replicas, deps } = world;
    const other = tus.at(replicas[1]?.baseUrl ?? "");
    const bytes = recording(9 * MB);
    const wanted = { bandId, filename: "take.wav", sizeBytes: bytes.length };
    const path = pathOf(await tus.create(wanted));
    let goOn = (): void => {};
    const rest = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* slowly() {
      yield bytes.subarray(0, 6 * MB);
      await rest;
      yield bytes.subarray(6 * MB);
    }
    const first = tus.patch(path, 0, ReadableStream.from(slowly()) as ReadableStream<Uint8Array>);
    await expect.poll(async () => offsetOf(await other.head(path))).toBe(4 * MB);
    expect((await other.patch(path, 4 * MB, bytes.subarray(4 * MB))).status).toBe(409);
    // As if the server that is at it had not been heard of for a while.
    await write(deps, (tx) => tx.update(uploads).set({ leaseUntil: null }));
    const second = await other.patch(path, 4 * MB, bytes.subarray(4 * MB, 8 * MB));
    expect([second.status, offsetOf(second)]).toEqual([204, 8 * MB]);
    goOn();
    expect((await first).status).toBe(409);
    expect(offsetOf(await other.head(path))).toBe(8 * MB);
    expect((await other.patch(path, 8 * MB, bytes.subarray(8 * MB))).status).toBe(204);
    const [file = ""] = await filesIn(folder);
    expect(await fileHash(folder, file)).toBe(hashOf(bytes));
  }, 30_000);

  test("of eleven that are begun at once is one too many", async () => {
    const { tus, bandId, deps, replicas } = await annasFolder({}, 2);
    const other = tus.at(replicas[1]?.baseUrl ?? "");
    const wanted = { bandId, filename: "take.mp3", sizeBytes: 10 };
    const asking = Array.from({ length: 40 }, (_, index) => (index % 2 ? tus : other));
    const made = await Promise.all(asking.map((each) => each.create(wanted)));
    const refused = made.filter(({ status }) => status !== 201);
    expect(refused.map(({ status }) => status)).toEqual(Array(30).fill(429));
    expect(await deps.db.select().from(uploads)).toHaveLength(10);
    const [first] = made.filter(({ status }) => status === 201);
    await tus.remove(first?.headers.get("location") ?? "");
    expect((await tus.create(wanted)).status).toBe(201);
  });
});

test("a band's owner says into which folders its uploads go", async () => {
  const { tus, bandId, folder, browser } = await annasFolder();
  const pattern = "Takes/{uploader}/{year}";
  const saved = dataOf(await browser.mutate("uploads.setPattern", { bandId, pattern }));
  expect(saved).toMatchObject({ pattern, example: `Takes/anna/${new Date().getUTCFullYear()}` });
  await tus.send({ bandId, filename: "take.mp3", modified: "2025-12-31" }, recording(10));
  await browser.mutate("uploads.setPattern", { bandId, pattern: "" });
  await tus.send({ bandId, filename: "take.mp3" }, recording(10));
  await tus.create({ bandId, filename: "silence.mp3", sizeBytes: 0 });
  expect(await filesIn(folder)).toEqual(["Takes/anna/2025/take.mp3", "silence.mp3", "take.mp3"]);
});
