import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { createPieces } from "#server/uploads/pieces.ts";

const PATIENT = { idleMs: 10_000, stallMs: 10_000 };

test("a body is cut wherever it is asked to be, however it arrives", async () => {
  const bytes = Buffer.from("abcdefghijklmnopqrstuvwxyz");
  for (const chunk of [1, 3, 7, 26]) {
    const chunks = bytes.toString().match(new RegExp(`.{1,${chunk}}`, "g")) ?? [];
    const pieces = createPieces(Readable.from(chunks.map((each) => Buffer.from(each))), PATIENT);
    const seen: string[] = [];
    for (const length of [5, 1, 20]) {
      expect(await pieces.hasMore()).toBe(true);
      seen.push(Buffer.concat(await pieces.take(length).toArray()).toString());
      expect(pieces.end).toBeNull();
    }
    expect(seen).toEqual(["abcde", "f", "ghijklmnopqrstuvwxyz"]);
    expect(await pieces.hasMore()).toBe(false);
    expect(pieces.end).toEqual({ failure: null });
  }
});

test("a body that ends early, breaks off or falls silent says which it was", async () => {
  const short = createPieces(Readable.from([Buffer.from("abc")]), PATIENT);
  await expect(short.take(5).toArray()).rejects.toThrow("ended before");
  expect(short.end).toEqual({ failure: null });

  const broken = new PassThrough();
  const cut = createPieces(broken, PATIENT);
  const taken = cut.take(5).toArray();
  broken.write("ab");
  broken.destroy(new Error("cut"));
  await expect(taken).rejects.toThrow("cut");
  expect(cut.end?.failure?.message).toBe("cut");

  const silent = createPieces(new PassThrough(), { ...PATIENT, idleMs: 20 });
  await expect(silent.take(5).toArray()).rejects.toThrow("Nothing was sent");
  expect(silent.end?.failure).toBeInstanceOf(Error);
});

test("what nobody takes is given up, and not its sender's fault", async () => {
  const bytes = Array.from({ length: 8 }, () => Buffer.alloc(65_536));
  const pieces = createPieces(Readable.from(bytes), { ...PATIENT, stallMs: 20 });
  const piece = pieces.take(8 * 65_536);
  piece.once("readable", () => piece.read(1));
  const [error] = await once(piece, "error");
  expect(error).toMatchObject({ code: "storage_unavailable" });
  expect(pieces.end).toBeNull();
});
