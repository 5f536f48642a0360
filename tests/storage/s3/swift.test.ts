import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { toSigningKey } from "#server/storage/s3/credential.ts";
import { s3 } from "#server/storage/s3/index.ts";
import { EMPTY_PAYLOAD, signHeaders } from "#server/storage/s3/sigv4.ts";
import { describeStorage } from "#tests/storage/conformance.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { describeRemoving } from "#tests/storage/removing.ts";
import { createTestIo, listAll } from "#tests/storage/worlds.ts";
import { describeWriting } from "#tests/storage/writing.ts";
import { hasSwift, type Swift, startSwift } from "#tests/support/swift.ts";

test("where everything has to be tested, OpenStack Swift is installed", () => {
  const sentence = "Install swift-proxy, -account, -container and -object with apt-get.";
  expect(hasSwift || process.env.CI !== "true", sentence).toBe(true);
});

if (hasSwift) {
  let swift: Swift;
  beforeAll(async () => {
    swift = await startSwift();
  });
  afterAll(() => swift?.stop());

  describeStorage("OpenStack Swift", () => startWorld(swift), {
    hasNoFileIds: true,
    hasNoFolders: true,
    crowd: 130,
  });
  const startWritable = async () => {
    const world = await startWorld(swift);
    return { ...world, everything: () => findEverything(world) };
  };
  describeWriting("OpenStack Swift", startWritable, { hasRaces: true });
  describeRemoving("OpenStack Swift", startWritable);
  connecting(() => swift);
}

/** Its objects, and its uploads in parts that are not done. */
async function findEverything({ attach, credential }: Awaited<ReturnType<typeof startWorld>>) {
  const { listDeep } = attach(createTestIo());
  const { entries } = (await listDeep?.(null, null)) ?? expect.unreachable();
  const url = new URL(`${credential.endpoint}${credential.bucket}?uploads=`);
  const asked = { method: "GET", url, headers: {}, payloadHash: EMPTY_PAYLOAD };
  const headers = signHeaders(toSigningKey(credential), asked, new Date());
  const xml = await (await fetch(url, { headers })).text();
  const unfinished = [...xml.matchAll(/<Upload><Key>([^<]*)/g)].map(([, key]) => String(key));
  return [...entries.map(({ path }) => path), ...unfinished].toSorted();
}

async function startWorld({ endpoint, accessKeyId, secretAccessKey, createBucket }: Swift) {
  const bucket = await createBucket();
  const credential = {
    endpoint: `${endpoint}/`,
    region: "us-east-1",
    bucket: bucket.name,
    accessKeyId,
    secretAccessKey,
    isPathStyle: true,
    product: null,
  };
  return {
    credential,
    put: bucket.put,
    mkdir: (path: string) => bucket.put(`${path}/`, Buffer.alloc(0)),
    remove: bucket.remove,
    rename: async (from: string, to: string) => {
      await bucket.copy(from, to);
      await bucket.remove(from);
    },
    age: async () => {},
    attach: (io: Parameters<typeof s3.attach>[2]) => s3.attach({}, credential, io),
    stop: async () => {},
  };
}

function connecting(found: () => Swift): void {
  async function annasBucket() {
    const { endpoint, accessKeyId, secretAccessKey, createBucket } = found();
    const { name: bucket, put } = await createBucket();
    const form = {
      provider: "s3",
      endpoint,
      region: "",
      bucket,
      accessKeyId,
      secretAccessKey,
      pathStyle: "auto",
    } as const;
    const connect = (changes: Partial<Omit<typeof form, "provider">> | object = {}) =>
      s3.connect.verify({}, { ...form, ...changes }, createTestIo());
    return { connect, put, bucket, secretAccessKey };
  }

  test("a real S3 service accepts what we sign, and is connected", async () => {
    const { connect, put, bucket } = await annasBucket();
    await put("Live/take 1.mp3", Buffer.from("one"));
    const { credential, ...connected } = await connect();
    expect(connected).toEqual({
      name: bucket,
      identity: `test:tester in ${bucket}`,
      product: "OpenStack Swift",
    });
    const storage = s3.attach({}, s3.credential.parse(credential), createTestIo());
    expect(await listAll(storage, "Live")).toMatchObject([{ name: "take 1.mp3" }]);
  });

  test.each([
    ["a wrong secret", { secretAccessKey: "rehearsal-4711" }, "storage_reconnect", "secret key"],
    ["a bucket that is not there", { bucket: "nobodys" }, "storage_refused", "no bucket"],
    ["another region", { region: "eu-central-1" }, "storage_refused", "region us-east-1"],
  ])("%s is told apart", async (_, changes, code, words) => {
    const { connect, secretAccessKey } = await annasBucket();
    const secrets = [secretAccessKey, "rehearsal-4711"];
    const refusal = await refusalOf(connect(changes), secrets);
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(words);
  });

  test("a direct address gives the file, or a part of it, to whoever has it", async () => {
    const world = await startWorld(found());
    onTestFinished(() => world.stop());
    await world.put("Live/50% #1 + ä.mp3", Buffer.from("hello, hello"));
    const storage = world.attach(createTestIo());
    const url = storage.directUrl?.("Live/50% #1 + ä.mp3", 60) ?? expect.unreachable();
    expect(await (await fetch(url)).text()).toBe("hello, hello");
    const part = await fetch(url, { headers: { range: "bytes=0-4" } });
    expect([part.status, await part.text()]).toEqual([206, "hello"]);

    const other = new URL(url.href.replace("Live", "Best"));
    expect((await fetch(other)).status).toBe(403);
    const longer = new URL(url.href.replace("X-Amz-Expires=60", "X-Amz-Expires=600"));
    expect((await fetch(longer)).status).toBe(403);
  });

  test("a direct address ends", async () => {
    const world = await startWorld(found());
    await world.put("take 1.mp3", Buffer.from("hello"));
    const anHourAgo = () => new Date(Date.now() - 3_600_000 - 1000);
    const storage = world.attach({ ...createTestIo(), now: anHourAgo });
    const ended = storage.directUrl?.("take 1.mp3", 86_400) ?? expect.unreachable();
    expect(ended.searchParams.get("X-Amz-Expires")).toBe("3600");
    expect((await fetch(ended)).status).toBe(403);
  });
}
