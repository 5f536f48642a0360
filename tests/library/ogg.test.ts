import { describe, expect, test } from "vitest";
import { oggDurationMs } from "#server/library/ogg.ts";
import { oggPage, opus, opusHead, vorbis, vorbisHead } from "./made-audio.ts";

const EDGE = 16 * 1024;
const durationOf = (file: Buffer): number | undefined =>
  oggDurationMs(file.subarray(0, EDGE), file.subarray(-EDGE));

describe("how long an Ogg file plays", () => {
  test("stands on its last page", () => {
    expect(durationOf(vorbis({}, 61.5))).toBe(61_500);
  });

  test("is counted at 48 kHz in Opus, without what decoders drop", () => {
    expect(durationOf(opus({}, 30, 3_840))).toBe(30_000);
  });

  test("is the last page's that has a time at all", () => {
    const head = oggPage({ flags: 2, granule: 0, content: vorbisHead(1_000) });
    const tail = [
      oggPage({ granule: 5_000, content: Buffer.alloc(10) }),
      oggPage({ granule: -1, content: Buffer.alloc(10) }),
      Buffer.from("OggS cut"),
    ];
    expect(oggDurationMs(head, Buffer.concat(tail))).toBe(5_000);
  });

  test("is not another stream's", () => {
    const head = oggPage({ flags: 2, granule: 0, serial: 1, content: vorbisHead(1_000) });
    const other = oggPage({ granule: 9_000, serial: 2, content: Buffer.alloc(10) });
    expect(oggDurationMs(head, other)).toBeUndefined();
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["no Ogg", Buffer.from("ID3 something else entirely")],
    ["half a head", Buffer.from("OggS")],
    ["a rate of zero", oggPage({ granule: 0, content: vorbisHead(0) })],
    ["an unknown codec", oggPage({ granule: 0, content: Buffer.alloc(60) })],
    ["half an Opus head", oggPage({ granule: 0, content: opusHead(1).subarray(0, 12) })],
  ])("is not known of %s", (_, head) => {
    const page = oggPage({ granule: 9_000, content: Buffer.alloc(10) });
    expect(oggDurationMs(head, page)).toBeUndefined();
  });
});
