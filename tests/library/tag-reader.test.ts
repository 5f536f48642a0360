import { describe, expect, onTestFinished, test } from "vitest";
import { startTagReader, type TagReader } from "#server/library/tag-reader.ts";
import { mp3 } from "./made-audio.ts";

const toFile = (name: string, bytes = mp3({ TIT2: name }, 0.5)) => ({
  name,
  sizeBytes: bytes.length,
  head: bytes,
  tail: Buffer.alloc(0),
});

const nothingMore = () => Promise.reject(new Error("There is nothing more to fetch."));

function startReader(): TagReader {
  const workerUrl = new URL("./broken-tag-worker.ts", import.meta.url);
  const reader = startTagReader({ patienceMs: 400, workerUrl });
  onTestFinished(() => reader.close());
  return reader;
}

describe("a file that breaks the parser", () => {
  test.each(["hangs.mp3", "kills.mp3"])("(it %s) harms no other file", async (name) => {
    const reader = startReader();
    const names = ["1.mp3", "2.mp3", name, "3.mp3", "4.mp3"];
    const titles = await Promise.all(
      names.map(async (each) => (await reader.read(toFile(each), nothingMore))?.tags.title ?? null),
    );
    expect(titles).toEqual(["1.mp3", "2.mp3", null, "3.mp3", "4.mp3"]);
    expect((await reader.read(toFile("after.mp3"), nothingMore))?.tags.title).toBe("after.mp3");
  });

  test("two of them among many are both found out", async () => {
    const reader = startReader();
    const names = Array.from({ length: 30 }, (_, index) =>
      index === 7 ? "hangs.mp3" : index === 19 ? "kills.mp3" : `${index}.mp3`,
    );
    const parsed = await Promise.all(names.map((each) => reader.read(toFile(each), nothingMore)));
    const broken = names.filter((_, index) => parsed[index] === null);
    expect(broken).toEqual(["hangs.mp3", "kills.mp3"]);
  });
});

test("a storage that fails while tags are read is the storage's failure", async () => {
  const reader = startReader();
  const bytes = mp3({ TIT2: "Tide" }, 1, Buffer.alloc(100_000));
  const file = { ...toFile("take.mp3", bytes), head: bytes.subarray(0, 16_384) };
  const gone = new Error("The storage is away.");
  await expect(reader.read(file, () => Promise.reject(gone))).rejects.toBe(gone);
});

test("whoever closes it does not leave anybody waiting", async () => {
  const reader = startReader();
  const waiting = expect(reader.read(toFile("hangs.mp3"), nothingMore)).rejects.toThrow("waits");
  await reader.close();
  await waiting;
});

test("a thread that does not start is no file's fault", async () => {
  const workerUrl = new URL("./no-such-worker.ts", import.meta.url);
  const reader = startTagReader({ workerUrl });
  onTestFinished(() => reader.close());
  await expect(reader.read(toFile("take.mp3"), nothingMore)).rejects.toThrow("did not start");
});
