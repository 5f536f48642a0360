import { expect, test } from "vitest";
import { toDat, toJson } from "#server/waveforms/formats.ts";
import { createPeakFolder, overviewZoom, zoomOut } from "#server/waveforms/peaks.ts";
import { hashOf } from "#server/waveforms/service.ts";

/** By audiowaveform's documentation alone: little-endian, 24 bytes of header in version 2. */
function readDat(dat: Buffer) {
  const view = new DataView(dat.buffer, dat.byteOffset, dat.byteLength);
  const [version, flags, rate, samplesPerPixel] = [0, 4, 8, 12].map((at) =>
    view.getInt32(at, true),
  );
  const [length, channels] = [view.getUint32(16, true), view.getInt32(20, true)];
  const data = Array.from({ length: dat.length - 24 }, (_, index) => view.getInt8(24 + index));
  return { version, flags, rate, samplesPerPixel, length, channels, data };
}

const peaks = {
  sampleRateHz: 48_000,
  samplesPerPixel: 512,
  pairs: new Int8Array([-65, 63, -128, 127, 0, 1]),
};

test("the binary format is audiowaveform's", () => {
  expect(toDat(peaks).subarray(0, 28).toString("hex")).toBe(
    "0200000001000000" + "80bb000000020000" + "0300000001000000" + "bf3f807f",
  );
  expect(readDat(toDat(peaks))).toEqual({
    version: 2,
    flags: 1,
    rate: 48_000,
    samplesPerPixel: 512,
    length: 3,
    channels: 1,
    data: [-65, 63, -128, 127, 0, 1],
  });
});

test("the JSON format is audiowaveform's", () => {
  expect(JSON.parse(toJson(peaks))).toEqual({
    version: 2,
    channels: 1,
    sample_rate: 48_000,
    samples_per_pixel: 512,
    bits: 8,
    length: 3,
    data: [-65, 63, -128, 127, 0, 1],
  });
});

test("wider pixels have the lowest and highest of all that are in them", () => {
  expect([...zoomOut(peaks, 1024).pairs]).toEqual([-128, 127, 0, 1]);
  expect([...zoomOut(peaks, 5_000).pairs]).toEqual([-128, 127]);
  expect(zoomOut(peaks, 5_000).samplesPerPixel).toBe(8_192);
  expect([...zoomOut(peaks, 256).pairs]).toEqual([...peaks.pairs]);
});

test("four hours take no more than two megabytes, and fit on a screen", () => {
  const folder = createPeakFolder();
  const second = new Int16Array(44_100).fill(1_000);
  second[7] = -32_768;
  for (let at = 0; at < 4 * 3600; at += 1) folder.addPcm16(second);
  const long = folder.finish(44_100);
  expect(long?.samplesPerPixel).toBe(1024);
  expect(long?.pairs.length).toBe(2 * Math.ceil((4 * 3600 * 44_100) / 1024));
  if (!long) throw new Error("There is nothing.");
  const overview = zoomOut(long, overviewZoom(long));
  expect(overview.pairs.length / 2).toBeLessThanOrEqual(2_000);
  expect(overview.pairs.length / 2).toBeGreaterThan(1_000);
  expect(new Set(overview.pairs)).toEqual(new Set([-128, 3]));
});

test("whatever pieces it comes in, a recording is drawn alike, mixed to one channel", () => {
  const left = Float32Array.from({ length: 5_000 }, (_, at) => Math.sin(at / 7));
  const right = left.map((sample) => -sample / 2);
  const whole = createPeakFolder();
  whole.add([left, right], left.length);
  const pieces = createPeakFolder();
  for (let at = 0; at < left.length; at += 137) {
    const part = [left.subarray(at, at + 137), right.subarray(at, at + 137)];
    pieces.add(part, part[0]?.length ?? 0);
  }
  expect(pieces.finish(44_100)).toEqual(whole.finish(44_100));
  const folder = createPeakFolder(4);
  folder.add([left, right], left.length);
  expect(folder.finish(44_100)).toMatchObject({
    samplesPerPixel: 2048,
    pairs: new Int8Array([-31, 31, -31, 31, -31, 31]),
  });
  expect(createPeakFolder().finish(44_100)).toBeUndefined();
});

test("what is louder than loud stays at the edge, and what is on one side stays there", () => {
  const drawn = (...channels: readonly number[][]) => {
    const folder = createPeakFolder();
    folder.add(
      channels.map((samples) => Float32Array.from(samples)),
      channels[0]?.length ?? 0,
    );
    return [...(folder.finish(44_100)?.pairs ?? [])];
  };
  expect(drawn([0, 1, -1])).toEqual([-128, 127]);
  expect(drawn([0, 3.5, -9])).toEqual([-128, 127]);
  expect(drawn([0.5, 0.25])).toEqual([32, 64]);
  expect(drawn([-0.5, -0.25])).toEqual([-64, -32]);
  expect(drawn([0.007, -0.007])).toEqual([0, 0]);
  expect(drawn([0, 0], [0.5, 0.5])).toEqual([32, 32]);
  expect(drawn([1, 1], [1, 1])).toEqual([127, 127]);
  const folder = createPeakFolder();
  folder.addPcm16(Int16Array.of(32_767, 16_384, 8_192));
  expect([...(folder.finish(44_100)?.pairs ?? [])]).toEqual([32, 127]);
});

test("a pixel ends where it is full, and the last one where the recording does", () => {
  const pixelsOf = (samples: number): number => {
    const folder = createPeakFolder();
    folder.addPcm16(new Int16Array(samples));
    return (folder.finish(44_100)?.pairs.length ?? 0) / 2;
  };
  expect([1, 255, 256, 257, 512, 513].map(pixelsOf)).toEqual([1, 1, 1, 2, 2, 3]);
  const folder = createPeakFolder();
  folder.addPcm16(Int16Array.from({ length: 513 }, (_, at) => (at < 256 ? 2_560 : at * 51)));
  expect([...(folder.finish(44_100)?.pairs ?? [])]).toEqual([10, 10, 51, 101, 102, 102]);
});

test("an overview is the finest zoom that a screen has room for", () => {
  const zoomOf = (pixels: number): number =>
    overviewZoom({ sampleRateHz: 44_100, samplesPerPixel: 256, pairs: new Int8Array(2 * pixels) });
  expect([1, 2_000, 2_001, 4_000, 4_001, 16_000].map(zoomOf)).toEqual([
    256, 256, 512, 512, 1_024, 2_048,
  ]);
});

test("what is drawn is known by its peaks, its zoom and its rate", () => {
  const others = [
    { ...peaks, sampleRateHz: 44_100 },
    { ...peaks, samplesPerPixel: 256 },
    { ...peaks, pairs: new Int8Array([-65, 63, -128, 127, 0, 2]) },
  ];
  const hashes = [peaks, ...others].map(hashOf);
  expect(new Set(hashes).size).toBe(4);
  expect(hashOf({ ...peaks, pairs: peaks.pairs.slice() })).toBe(hashes[0]);
});
