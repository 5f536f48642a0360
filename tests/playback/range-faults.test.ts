import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { connectAndScan, residentBytes, startBacklineBench } from "#tests/bench/backline.ts";
import { type Fault, type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { requestText } from "#tests/support/raw-http.ts";
import { BLOCK_BYTES } from "./range-cache-world.ts";

/** Three times what the cache holds. */
const RECORDINGS = 100;
const SIZE = 6 * BLOCK_BYTES + 12_345;
const STREAMS = 1_000;
const AT_ONCE = 20;
/** Before its memory is measured, the server has met everything once. */
const WARM_UP = 400;
const DRIFT_BYTES = 20e6;

interface Recording {
  readonly name: string;
  readonly path: string;
  /** Every version that the storage has had. */
  readonly versions: Buffer[];
}

interface Place {
  readonly cloud: FaultServer;
  readonly port: number;
  readonly pid: number;
  readonly cookie: string;
  readonly recordings: readonly Recording[];
}

/** A server of its own, as people run it: its memory and its files are nobody else's. */
async function startPlace(): Promise<Place> {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  const takes = Array.from({ length: RECORDINGS }, (_, index) => ({
    name: `${index}.mp3`,
    versions: [randomBytes(SIZE)],
  }));
  for (const { name, versions } of takes) cloud.tree.put(name, versions[0] ?? "");
  const bench = await startBacklineBench(undefined, {
    RANGE_CACHE_SIZE: "50MB",
    LOG_LEVEL: "error",
    WATCH_SECONDS: "0",
  });
  onTestFinished(() => bench.stop());
  await connectAndScan(bench, cloud);
  const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId: bench.bandId });
  const recordings = takes.map((take) => {
    const track = tracks.find(({ path }) => path === take.name);
    return { ...take, path: `/stream/${track?.id}` };
  });
  return {
    ...{ cloud, recordings, cookie: bench.cookie },
    port: Number(new URL(bench.baseUrl).port),
    pid: bench.process.pid ?? 0,
  };
}

const random = (below: number): number => Math.floor(Math.random() * below);
const oneOf = <T>(all: readonly T[]): T => all[random(all.length)] as T;

/** Truncated, cut, of a wrong length, of another version, stalled, slow, refused: in the middle or at once. */
function aFault(): Fault {
  const cutAfterBytes = random(SIZE);
  return oneOf<Fault>([
    { cutAfterBytes },
    { cutAfterBytes, etag: "weak" },
    { cutAfterBytes, etag: "none" },
    { cutAfterBytes, etag: "changing" },
    { stallAfterBytes: cutAfterBytes, bytesPerSecond: 20_000_000 },
    { stall: true },
    { extraBytes: 1 + random(9) },
    { extraBytes: -1 - random(9) },
    { extraBytes: -random(SIZE / 2), chunked: true },
    { chunked: true, cutAfterBytes },
    { ignoreRange: true, cutAfterBytes },
    { contentRange: `bytes 0-9/${SIZE}`, cutAfterBytes },
    { reset: true },
    { status: 503 },
  ]);
}

/** @returns what has come, to the end or to the cut. */
function listen(place: Place, recording: Recording, start: number, leaveAfterMs: number) {
  return new Promise<Buffer>((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(place.port, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), leaveAfterMs);
    socket.on("data", (piece) => pieces.push(piece)).on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      const all = Buffer.concat(pieces);
      const isPart = /^HTTP\/1\.1 206/.test(all.toString("latin1", 0, 12));
      resolve(isPart ? all.subarray(all.indexOf("\r\n\r\n") + 4) : Buffer.alloc(0));
    });
    const headers = { range: `bytes=${start}-`, cookie: place.cookie, connection: "close" };
    socket.write(requestText("GET", recording.path, headers));
  });
}

type Outcome = "wrong" | "whole" | "part";

async function hear(place: Place, recording: Recording, leaveAfterMs: number): Promise<Outcome> {
  const start = random(3) === 0 ? 0 : random(SIZE);
  const got = await listen(place, recording, start, leaveAfterMs);
  const isOf = (version: Buffer) => version.subarray(start, start + got.length).equals(got);
  if (!recording.versions.some(isOf)) return "wrong";
  return got.length === SIZE - start ? "whole" : "part";
}

/** So many listeners at once, of few recordings, while something is wrong with the storage. */
async function spoil(place: Place, streams: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < streams) {
    const few = [oneOf(place.recordings), oneOf(place.recordings)];
    place.cloud.heal();
    place.cloud.fault({ method: "GET", times: 1 + random(AT_ONCE / 2), ...aFault() });
    const listeners = Array.from({ length: AT_ONCE }, (_, index) =>
      hear(place, oneOf(few), index % 4 === 0 ? 1_000 : 30 + random(400)),
    );
    // In the middle of it all one of them is replaced.
    const replaced = random(4) === 0 ? few[0] : undefined;
    if (replaced) {
      const bytes = randomBytes(SIZE);
      replaced.versions.push(bytes);
      place.cloud.tree.put(replaced.name, bytes);
    }
    outcomes.push(...(await Promise.all(listeners)));
  }
  place.cloud.heal();
  return outcomes;
}

test("a thousand streams of a storage that fails in every way bring no wrong byte and leave nothing behind", async () => {
  const place = await startPlace();
  const openFiles = async () => (await readdir(`/proc/${place.pid}/fd`)).length;
  const asked = () => place.cloud.count({ method: "GET" });
  const idle = async (): Promise<void> => {
    await expect.poll(() => place.cloud.openDownloads(), { timeout: 30_000 }).toBe(0);
    await new Promise((wake) => setTimeout(wake, 6_000));
  };
  for (const recording of place.recordings) await hear(place, recording, 10_000);
  await spoil(place, WARM_UP);
  await idle();
  const before = { files: await openFiles(), bytes: await residentBytes(place.pid) };
  const askedBefore = asked();
  const outcomes = await spoil(place, STREAMS);
  expect(asked() - askedBefore, "most of it was not there yet").toBeGreaterThan(STREAMS / 4);
  await idle();

  const count = (kind: Outcome): number => outcomes.filter((each) => each === kind).length;
  expect(outcomes.length).toBeGreaterThanOrEqual(STREAMS);
  expect(count("wrong")).toBe(0);
  expect(count("whole")).toBeGreaterThan(STREAMS / 10);
  await expect.poll(openFiles, { timeout: 30_000 }).toBeLessThanOrEqual(before.files + 3);
  const drift = (await residentBytes(place.pid)) - before.bytes;
  expect(drift).toBeLessThan(DRIFT_BYTES);
  for (const recording of place.recordings) {
    expect(await hear(place, recording, 20_000), "it plays as before").not.toBe("wrong");
  }
}, 300_000);
