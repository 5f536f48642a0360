import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestFolder } from "#tests/support/deps.ts";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { recordLog } from "#tests/support/log.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";
import { HLS, openHls, statusOf } from "./listening.ts";
import { murmur } from "./sound.ts";

requireFfmpeg();

const song = await murmur(10, "song.flac");

async function annasSong(environment: Readonly<Record<string, string>>) {
  const { log, lines } = recordLog();
  const world = await annasStorage((cloud) => cloud.tree.put("song.flac", song), {
    server: { environment, log },
  });
  const { id } = await trackAt(world, "song.flac");
  return {
    world,
    statuses: async () => [
      await statusOf(world.anna, world.anna.hlsUrl(id)),
      await statusOf(world.anna, world.anna.streamUrl(id)),
    ],
    isOffered: async () => (await world.anna.api.system.info.query()).hls,
    warnings: () => lines.filter((line) => line.includes("HLS")),
  };
}

/** A program of this name that does this. */
async function folderWith(script: string): Promise<string> {
  const folder = await createTestFolder();
  const path = join(folder, "ffmpeg");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return folder;
}

test("by itself it is off: nothing is said, and recordings play as they are", async () => {
  const { isOffered, statuses, warnings } = await annasSong({});
  expect(await isOffered()).toBe(false);
  expect(await statuses()).toEqual([404, 200]);
  expect(warnings()).toEqual([]);
});

test("without ffmpeg it stays off, with a line in the log", async () => {
  const { isOffered, statuses, warnings } = await annasSong({
    ...HLS,
    PATH: await createTestFolder(),
  });
  expect(await isOffered()).toBe(false);
  expect(await statuses()).toEqual([404, 200]);
  expect(warnings()).toHaveLength(1);
});

test("with an ffmpeg that codes nothing of ours it stays off", async () => {
  const PATH = await folderWith("echo ' A....D flac   FLAC'");
  const { isOffered, statuses } = await annasSong({ ...HLS, PATH });
  expect(await isOffered()).toBe(false);
  expect(await statuses()).toEqual([404, 200]);
});

test("with a folder that cannot be used it stays off, and the server starts", async () => {
  const DATA_DIR = await createTestFolder();
  await writeFile(join(DATA_DIR, "hls"), "in the way");
  const { isOffered, statuses, warnings } = await annasSong({ ...HLS, DATA_DIR });
  expect(await isOffered()).toBe(false);
  expect(await statuses()).toEqual([404, 200]);
  expect(warnings()).toHaveLength(1);
});

test("an ffmpeg that fails fails alone, and sees nothing of ours", async () => {
  const PATH = await folderWith(`[ "$2" = -encoders ] && echo ' A....D aac  AAC' && exit 0
    /usr/bin/env > "\${0}.seen"; echo canary >&2; exit 1`);
  const { world, isOffered, statuses } = await annasSong({ ...HLS, PATH });
  expect(await isOffered()).toBe(true);
  expect(await statuses()).toEqual([200, 200]);
  const { segment, lists } = await openHls(world, "song.flac");
  expect(lists.map((list) => list.split("/").at(-2))).toEqual(["high-aac", "low-aac"]);
  const answer = await world.anna.fetch(segment(0));
  expect(answer.status).toBe(404);
  expect(await answer.text()).not.toContain("canary");
  const seen = await readFile(join(PATH, "ffmpeg.seen"), "utf8");
  const names = seen
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0] ?? "");
  expect(names.filter((name) => !["PATH", "PWD", "SHLVL", "_", "OLDPWD"].includes(name))).toEqual(
    [],
  );
  expect(seen).toContain(`PATH=${PATH}`);
});
