import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError } from "#server/base/errors.ts";
import { sliceBody } from "#server/storage/body.ts";
import { readAll } from "./worlds.ts";

const short = () => new AppError("storage_unavailable", "short");
const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => index));

/** A body that comes in pieces of the given sizes, over and over. */
function inPieces(all: Buffer, sizes: readonly number[]): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < all.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(all.subarray(at, at + size));
    at += size;
  }
  return Readable.from(pieces, { objectMode: true });
}

test("a slice has exactly the bytes asked for, however the body comes in pieces", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
  const slice = fc.tuple(fc.nat(199), fc.integer({ min: 1, max: 200 }));
  await fc.assert(
    fc.asyncProperty(sizes, slice, async (pieces, [skip, wanted]) => {
      const length = Math.min(wanted, bytes.length - skip);
      const part = await readAll(sliceBody(inPieces(bytes, pieces), skip, length, short));
      return part.equals(bytes.subarray(skip, skip + length));
    }),
  );
});

test("a body that is too short is a failure and not a shorter slice", async () => {
  const part = sliceBody(inPieces(bytes, [30]), 150, 51, short);
  await expect(readAll(part)).rejects.toThrow("short");
});

test("a body that fails makes its slice fail alike", async () => {
  const body = new Readable({ read() {} });
  body.push(Buffer.from("some"));
  const part = readAll(sliceBody(body, 0, 10, short));
  body.destroy(new Error("broken"));
  await expect(part).rejects.toThrow("broken");
});

test("destroying a slice destroys the body, also while the body says nothing", async () => {
  const body = new Readable({ read() {} });
  const part = sliceBody(body, 0, 10, short);
  part.destroy();
  expect(body.destroyed).toBe(true);
});

test("a slow reader stops the body", async () => {
  let given = 0;
  const body = new Readable({
    highWaterMark: 16_384,
    read() {
      given += 16_384;
      this.push(Buffer.alloc(16_384));
    },
  });
  const part = sliceBody(body, 0, 1_000_000_000, short);
  part.read(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(given).toBeLessThan(500_000);
  part.destroy();
});

test("the rest of a long body is not read for its own sake", async () => {
  let given = 0;
  const body = new Readable({
    highWaterMark: 16_384,
    read() {
      given += 16_384;
      this.push(Buffer.alloc(16_384));
    },
  });
  expect(await readAll(sliceBody(body, 10, 20, short))).toHaveLength(20);
  await expect.poll(() => body.destroyed).toBe(true);
  expect(given).toBeLessThan(500_000);
});
