import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { createDecoderThreads } from "#server/waveforms/decoder-threads.ts";
import { drawPeaks } from "#server/waveforms/decoding.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import type { Peaks } from "#server/waveforms/peaks.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { damage } from "#tests/support/damage.ts";
import { convert, peaksByFfmpeg, quietThenLoud, recordings, soundFile } from "./recordings.ts";

const never = new AbortController().signal;
const ffmpeg = await findFfmpeg();

const unharmed = createDecoderThreads();
afterAll(() => unharmed.close());

async function draw(name: string, bytes: Buffer, program: string | null): Promise<Peaks> {
  const options = { ffmpeg: program, signal: never, threads: unharmed };
  const peaks = await drawPeaks(soundFile(name, bytes), options);
  if (typeof peaks === "string") throw new Error(`${name}: ${peaks}`);
  return peaks;
}

/** The most that two drawings differ by, where both have something. */
function distance(left: Peaks, right: Peaks): number {
  const count = Math.min(left.pairs.length, right.pairs.length);
  let most = 0;
  for (let at = 0; at < count; at += 1) {
    most = Math.max(most, Math.abs((left.pairs[at] ?? 0) - (right.pairs[at] ?? 0)));
  }
  return most;
}

const secondsOf = ({ pairs, samplesPerPixel, sampleRateHz }: Peaks): number =>
  ((pairs.length / 2) * samplesPerPixel) / sampleRateHz;

describe("every recording that comes with Backline", () => {
  for (const { path, format, bytes } of recordings) {
    for (const program of format === "m4a" ? [ffmpeg] : [ffmpeg, null]) {
      test.for([{ path }])(
        `is drawn ${program ? "by ffmpeg" : "without any program"} as it sounds: $path`,
        async () => {
          const peaks = await draw(path, bytes, program);
          const reference = ffmpeg ? peaksByFfmpeg(path, peaks) : peaks;
          expect(peaks.samplesPerPixel).toBe(256);
          expect(Math.abs(secondsOf(peaks) - secondsOf(reference))).toBeLessThan(0.15);
          // Where an encoder's padding is not counted all is shifted by less than a pixel.
          expect(distance(peaks, reference)).toBeLessThanOrEqual(2);
          expect(Math.max(...peaks.pairs)).toBeGreaterThan(20);
          expect(Math.min(...peaks.pairs)).toBeLessThan(-20);
        },
      );
    }
  }

  test("is read once, whatever comes first in it", async () => {
    for (const { path, bytes } of recordings) {
      const file = soundFile(path, bytes);
      await drawPeaks(file, { ffmpeg, signal: never });
      expect([path, file.seen.readBytes]).toEqual([path, bytes.length]);
    }
  });
});

test("samples of every width and order are read without any program", async () => {
  const flac = recordings.find(({ format }) => format === "flac");
  if (!flac) throw new Error("There is no FLAC.");
  const reference = peaksByFfmpeg(flac.path, await draw(flac.path, flac.bytes, null));
  const codings = [
    ...["pcm_s16le -f wav", "pcm_s24le -f wav", "pcm_f32le -f wav", "pcm_f64le -f wav"],
    ...["pcm_s16be -f aiff", "pcm_s24be -f aiff", "pcm_s16le -f wav -rf64 always"],
    ...["pcm_s16le -f aiff", "pcm_u8 -f wav", "pcm_s8 -f aiff"],
  ];
  for (const coding of codings) {
    const peaks = await draw("take.bin", convert(flac.path, `-c:a ${coding}`), null);
    expect([coding, peaks.sampleRateHz]).toEqual([coding, reference.sampleRateHz]);
    expect(peaks.pairs.length).toBe(reference.pairs.length);
    // Of eight bits the last is as much as one of ours, and may be rounded the other way.
    expect([coding, distance(peaks, reference)]).toEqual([
      coding,
      expect.toSatisfy((most: number) => most <= (coding.includes("8 ") ? 2 : 1)),
    ]);
  }
  const opus = await draw("take.opus", convert(flac.path, "-vn -c:a libopus -f ogg"), null);
  expect(secondsOf(opus)).toBeCloseTo(secondsOf(reference), 1);
}, 120_000);

test("quiet is low and loud is high", async () => {
  for (const program of [ffmpeg, null]) {
    const { pairs } = await draw("take.wav", quietThenLoud(), program);
    const half = pairs.length / 2;
    expect(Math.max(...pairs.subarray(0, half - 2))).toBe(6);
    expect(Math.max(...pairs.subarray(half + 2))).toBe(115);
    expect(Math.min(...pairs.subarray(half + 2))).toBe(-115);
  }
});

test("damaged files end, one way or another, and nothing ends with them", async () => {
  const random = createRandom(20_261_127);
  const threads = createDecoderThreads();
  onTestFinished(() => threads.close());
  const outcomes: Record<string, number> = {};
  const files = [...recordings, { path: "take.wav", bytes: quietThenLoud(4) }];
  const cases = Array.from({ length: 300 }, (_, index) => {
    const { path, bytes } = files[index % files.length] as (typeof files)[number];
    return { path, bytes: damage(bytes, random), program: index % 4 === 0 ? ffmpeg : null };
  });
  const work = async (): Promise<void> => {
    for (let next = cases.pop(); next; next = cases.pop()) {
      const { path, bytes, program } = next;
      if (bytes.length === 0) continue;
      const options = { ffmpeg: program, signal: never, patienceMs: 5_000, threads };
      const result = await drawPeaks(soundFile(path, bytes), options);
      const outcome = typeof result === "string" ? result : "drawn";
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  await Promise.all([work(), work(), work()]);
  expect(outcomes).toMatchObject({
    drawn: expect.toSatisfy((count: number) => count > 100),
    broken: expect.toSatisfy((count: number) => count > 5),
  });
  // Nor is anything of them left in a thread that has seen them.
  for (const { path, bytes, format } of recordings.filter(({ format }) => format !== "m4a")) {
    const options = { ffmpeg: null, signal: never, threads };
    const drawn = await drawPeaks(soundFile(path, bytes), options);
    expect([format, drawn]).toEqual([format, await draw(path, bytes, null)]);
  }
}, 180_000);

test("what hangs is given up, what is called off ends at once, with its program", async () => {
  const { bytes = Buffer.alloc(0) } = recordings[0] ?? {};
  const hanging = new URL("./hanging-worker.ts", import.meta.url);
  const threads = createDecoderThreads(hanging);
  const options = { ffmpeg: null, signal: never, patienceMs: 300, threads };
  expect(await drawPeaks(soundFile("take.mp3", bytes), options)).toBe("broken");

  for (const program of [ffmpeg, null]) {
    const leave = new AbortController();
    const stalled = {
      ...soundFile("take.mp3", bytes),
      async *read() {
        yield bytes.subarray(0, 30_000);
        await sleep(60_000, undefined, { signal: leave.signal });
      },
    };
    const drawing = drawPeaks(stalled, { ffmpeg: program, signal: leave.signal });
    setTimeout(() => leave.abort(new Error("left")), 400);
    const begunMs = performance.now();
    await expect(drawing).rejects.toThrow();
    expect(performance.now() - begunMs).toBeLessThan(3_000);
  }
});

test("a failing storage is the storage's failure and no drawing", async () => {
  const { bytes = Buffer.alloc(0) } = recordings[0] ?? {};
  for (const program of [ffmpeg, null]) {
    const failing = {
      ...soundFile("take.mp3", bytes),
      async *read() {
        yield bytes.subarray(0, 90_000);
        throw new Error("the line is down");
      },
    };
    await expect(drawPeaks(failing, { ffmpeg: program, signal: never })).rejects.toThrow(
      "the line is down",
    );
  }
});

test("a playlist in a recording's clothes opens nothing", async () => {
  const playlist = Buffer.from(
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
  );
  for (const name of ["take.mp3", "take.m4a", "take.aac"]) {
    expect(await drawPeaks(soundFile(name, playlist), { ffmpeg, signal: never })).toBe("broken");
  }
});
