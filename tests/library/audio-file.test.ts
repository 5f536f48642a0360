import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ParsedFile, parseAudio } from "#server/library/audio-file.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { adts, flac, id3, mp3, mp3Frames, opus, vorbis, wav } from "./made-audio.ts";

const EDGE = 16 * 1024;

interface Looked {
  readonly parsed: ParsedFile | undefined;
  readonly fetchedBytes: number;
  readonly fetches: number;
}

/** A file of any size: its bytes where there are some, else zeros. */
interface Made {
  readonly sizeBytes: number;
  read(start: number, end: number): Buffer;
}

const toMade = (bytes: Buffer, sizeBytes = bytes.length): Made => ({
  sizeBytes,
  read(start, end) {
    const part = Buffer.alloc(Math.max(0, Math.min(end + 1, sizeBytes) - start));
    bytes.subarray(start, end + 1).copy(part);
    return part;
  },
});

async function look(name: string, file: Buffer | Made): Promise<Looked> {
  const { sizeBytes, read } = Buffer.isBuffer(file) ? toMade(file) : file;
  const isSmall = sizeBytes <= 2 * EDGE;
  let [fetchedBytes, fetches] = [0, 0];
  const parsed = await parseAudio(
    {
      name,
      sizeBytes,
      head: read(0, (isSmall ? sizeBytes : EDGE) - 1),
      tail: isSmall ? Buffer.alloc(0) : read(sizeBytes - EDGE, sizeBytes - 1),
    },
    async (start, end) => {
      fetches += 1;
      const bytes = read(start, end);
      fetchedBytes += bytes.length;
      return bytes;
    },
  );
  return { parsed, fetchedBytes, fetches };
}

describe("tags are what is in the file", () => {
  test.each(demoRecordings)("of $path", async (recording) => {
    const bytes = await readFile(join(demoFolder, recording.path));
    const { parsed } = await look(recording.path, bytes);
    const { artist, album, albumArtist, trackNumber, discNumber, year, genre } = recording;
    expect(parsed?.tags).toMatchObject({ artist, album, albumArtist, trackNumber, discNumber });
    expect(parsed?.tags).toMatchObject({ year, genre, title: artist && recording.title });
    expect(Math.abs((parsed?.tags.durationMs ?? 0) - recording.durationMs)).toBeLessThanOrEqual(60);
    expect(parsed?.picture !== null).toBe(recording.hasCover);
  });

  test.each([
    [
      "mp3",
      mp3({ TIT2: "Tide", TPE1: "Herons" }, 10),
      {
        codec: "MP3",
        title: "Tide",
        artist: "Herons",
        bitrateBps: 128_000,
        sampleRateHz: 44_100,
        channels: 2,
      },
      10_000,
    ],
    [
      "flac",
      flac({ TITLE: "Tide", ARTIST: "Herons" }, 12.5),
      { codec: "FLAC", title: "Tide", channels: 2 },
      12_500,
    ],
    ["ogg", vorbis({ TITLE: "Tide" }, 31), { codec: "Vorbis", title: "Tide" }, 31_000],
    ["opus", opus({ TITLE: "Tide" }, 31), { codec: "Opus", title: "Tide" }, 31_000],
    ["wav", wav(5), { codec: "PCM", title: null, sampleRateHz: 8_000, channels: 1 }, 5_000],
    ["aac", adts(20), { codec: "AAC", sampleRateHz: 44_100 }, 20_000],
  ])("of a made %s", async (extension, bytes, tags, durationMs) => {
    const { parsed } = await look(`take.${extension}`, bytes);
    expect(parsed?.tags).toMatchObject(tags);
    expect(Math.abs((parsed?.tags.durationMs ?? 0) - durationMs)).toBeLessThan(60);
  });

  test("a wrong extension does not matter", async () => {
    const { parsed } = await look("take.mp3", flac({ TITLE: "Tide" }, 3));
    expect(parsed?.tags).toMatchObject({ codec: "FLAC", title: "Tide" });
  });

  test("an mp3 behind some rubbish is found", async () => {
    const { parsed } = await look(
      "take.mp3",
      Buffer.concat([Buffer.alloc(3_000, "x"), mp3Frames(5)]),
    );
    expect(parsed?.tags.codec).toBe("MP3");
  });

  test("a recording that was cut off is as long as what there is", async () => {
    const { parsed } = await look("take.wav", wav(2, 3_600));
    expect(parsed?.tags.durationMs).toBeGreaterThan(1_900);
    expect(parsed?.tags.durationMs).toBeLessThan(2_100);
  });
});

describe("only what is needed is fetched", () => {
  test("of an Ogg file of any length", async () => {
    const { parsed, fetches } = await look("long.ogg", vorbis({ TITLE: "Tide" }, 3_600));
    expect(parsed?.tags.durationMs).toBe(3_600_000);
    expect(fetches).toBeLessThanOrEqual(3);
  });

  test("of 4 GB: the edges, and nothing in between", async () => {
    const sizeBytes = 4 * 1024 ** 3;
    const { parsed, fetchedBytes } = await look(
      "gig.mp3",
      toMade(Buffer.concat([id3({ TIT2: "Whole gig" }), mp3Frames(10)]), sizeBytes),
    );
    expect(parsed?.tags.title).toBe("Whole gig");
    expect(fetchedBytes).toBeLessThan(64 * 1024);
  });

  test("of a picture in a tag, all of it", async () => {
    const picture = Buffer.alloc(700_000, "picture");
    const { parsed, fetchedBytes } = await look("take.mp3", mp3({ TIT2: "Tide" }, 5, picture));
    expect(Buffer.from(parsed?.picture ?? []).equals(picture)).toBe(true);
    expect(fetchedBytes).toBeLessThan(picture.length + 64 * 1024);
  });

  test("of a picture that is too large: the other tags and no picture", async () => {
    const file = mp3({ TIT2: "Tide" }, 5, Buffer.alloc(5_000_000, "p"));
    const { parsed, fetchedBytes } = await look("take.mp3", file);
    expect(parsed?.tags).toMatchObject({ title: "Tide", codec: "MP3" });
    expect(parsed?.picture).toBeNull();
    expect(fetchedBytes).toBeLessThanOrEqual(2 * 1024 ** 2);
  });

  test("of 4 GB in which there is nothing: not more than the budget", async () => {
    const { parsed, fetchedBytes, fetches } = await look(
      "gig.mp3",
      toMade(Buffer.alloc(0), 4 * 1024 ** 3),
    );
    expect(parsed).toBeUndefined();
    expect(fetchedBytes).toBeLessThanOrEqual(2 * 1024 ** 2);
    expect(fetches).toBeLessThanOrEqual(32);
  });
});

describe("what is no recording", () => {
  test.each([
    ["a page", Buffer.from(`<!doctype html><title>Sign in</title>${"<p>x</p>".repeat(1_000)}`)],
    ["a picture", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1")],
    ["one byte", Buffer.from("x")],
    ["zeros", Buffer.alloc(50_000)],
    ["text", Buffer.from("lorem ipsum ".repeat(5_000))],
    ["a zip", Buffer.from("PK\x03\x04".padEnd(2_000, "z"), "latin1")],
    ["the head of an ID3 tag and nothing else", id3({ TIT2: "Tide" })],
  ])("%s under the name of an mp3 is none", async (_, bytes) => {
    expect((await look("take.mp3", bytes)).parsed).toBeUndefined();
  });

  test("a tag that claims 256 MB makes nobody take that much memory", async () => {
    const head = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f]);
    const before = process.memoryUsage().arrayBuffers;
    await look("take.mp3", toMade(Buffer.concat([head, mp3Frames(2)]), 4 * 1024 ** 3));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 ** 2);
  });

  test("whatever a file holds, looking at it comes to an end and keeps to the budget", async () => {
    const templates = [
      mp3({ TIT2: "a", TALB: "b", TRCK: "1" }, 2),
      flac({ TITLE: "a", ALBUM: "b" }, 2, Buffer.alloc(300)),
      vorbis({ TITLE: "a" }, 2),
      opus({ TITLE: "a" }, 2),
      wav(1),
      adts(2),
      await readFile(join(demoFolder, "The Lamplight Sessions/02 Moth Hour.m4a")),
    ];
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    const broken = fc.record({
      template: fc.constantFrom(...templates),
      changes: fc.array(change, { maxLength: 60 }),
      cutAt: fc.option(fc.nat()),
      extension: fc.constantFrom("mp3", "flac", "ogg", "m4a", "wma", "aiff", "wav", "aac"),
    });
    await fc.assert(
      fc.asyncProperty(broken, async ({ template, changes, cutAt, extension }) => {
        const bytes = Buffer.from(template);
        // Near the beginning is where a byte matters.
        for (const { at, byte } of changes) bytes[at % Math.min(bytes.length, 1_000)] = byte;
        const file = cutAt === null ? bytes : bytes.subarray(0, cutAt % bytes.length);
        if (file.length === 0) return;
        const { fetchedBytes } = await look(`take.${extension}`, file).catch(() => ({
          fetchedBytes: 0,
        }));
        expect(fetchedBytes).toBeLessThanOrEqual(2 * 1024 ** 2);
      }),
      { numRuns: 300 },
    );
  });
});
