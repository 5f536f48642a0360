import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { UploadId } from "#contract/ids.ts";
import { uploadParts, uploads } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { createUpload } from "#server/uploads/creation.ts";
import { receiveBytes } from "#server/uploads/receiving.ts";
import { sweepUploads } from "#server/uploads/sweeping.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { type Cloud, startBucket, startDav, startNextcloud } from "./clouds.ts";
import { dyingDeps } from "./dying.ts";
import { annasBand, connect, offsetOf, recording, type Uploading } from "./uploading.ts";

const never = new AbortController().signal;

/** As if the process that was at them had not been heard of for a while. */
const expireLeases = ({ db }: TestDeps): Promise<unknown> =>
  write({ db }, (tx) => tx.update(uploads).set({ leaseUntil: null, retryAt: null }));

const expireAll = ({ db }: TestDeps): Promise<unknown> =>
  write({ db }, (tx) =>
    tx
      .update(uploads)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(sql`state in ('receiving', 'finishing')`),
  );

/** What a client does that has heard nothing for a while: asks, and goes on from there. */
async function goOn({ tus, deps, bandId }: Uploading, path: string, bytes: Buffer): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    const offset = offsetOf(await tus.head(path));
    if (offset < bytes.length) await tus.patch(path, offset, bytes.subarray(offset));
    await sweepUploads(deps, never);
    const [upload] = await tus.list(bandId);
    if (upload?.state === "done") return;
  }
  expect.unreachable("It does not come to its end.");
}

/**
 * One upload by a process that ends at a step, and then what it takes.
 *
 * @returns false when it has not so many steps.
 */
async function dieAt(world: Uploading, cloud: Cloud, at: number): Promise<boolean> {
  const { deps, bandId, anna } = world;
  const bytes = recording(cloud.sizeBytes, at);
  const before = cloud.files();
  const dying = dyingDeps(deps, at);
  const actor = { userId: anna.userId, role: "user" } as Actor;
  const name = `take ${at}.mp3`;
  let path: string | undefined;
  const run = async (): Promise<void> => {
    const wanted = { bandId, filename: name, sizeBytes: bytes.length };
    const { id } = await createUpload(dying.deps, actor, wanted);
    path = `/uploads/${id}`;
    const body = Readable.from(slices(bytes), { objectMode: false });
    const arrival = { offset: 0, bytes: bytes.length, body };
    await receiveBytes(dying.deps, actor, UploadId.parse(id), arrival, never);
  };
  await Promise.race([run(), dying.death]);
  await expireLeases(deps);
  if (path === undefined) {
    // Whoever did not get to know where it is begins another; the first one is given up in time.
    await expireAll(deps);
    await sweepUploads(deps, never);
    path = (await world.tus.send({ bandId, filename: name }, bytes)).path;
  } else await goOn(world, path, bytes);

  const after = cloud.files();
  const added = [...after].filter(([each]) => !before.has(each));
  expect([at, added.map(([each]) => each.split("/").at(-1))]).toEqual([at, [name]]);
  expect(added[0]?.[1].equals(bytes)).toBe(true);
  expect([at, cloud.leftovers()]).toEqual([at, 0]);
  expect(await deps.db.select().from(uploadParts)).toEqual([]);
  const id = UploadId.parse(path.split("/").at(-1));
  const [row] = await deps.db.select().from(uploads).where(eq(uploads.id, id));
  expect(row).toMatchObject({ state: "done", session: null, finalName: name });
  return dying.isDead();
}

const slices = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
    bytes.subarray(index * 65_536, (index + 1) * 65_536),
  );

async function startFolder(): Promise<Cloud & { readonly root: string }> {
  const root = await createTestFolder();
  const list = (): string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  return {
    root,
    form: { provider: "folder", folder: root },
    sizeBytes: 4 * 1024 * 1024 + 5_000,
    files: () => new Map(list().map((path) => [path, readFileSync(join(root, path))])),
    leftovers: () => list().filter((path) => path.includes("/.backline-")).length,
  };
}

describe("an upload whose process is gone at any step", () => {
  const kinds = [
    ["a folder", startFolder],
    ["a WebDAV server", startDav],
    ["a Nextcloud", startNextcloud],
    ["a bucket", startBucket],
  ] as const;
  test.each(kinds)(
    "goes on or is discarded, and lies in %s once",
    { timeout: 120_000 },
    async (_name, start) => {
      const cloud = await start();
      const environment = "root" in cloud ? { FOLDER_ROOTS: cloud.root } : {};
      const world = await annasBand({ environment });
      await connect(world, cloud.form);
      let steps = 0;
      while (await dieAt(world, cloud, steps + 1)) {
        steps += 1;
        await forgetTries({ deps: world.deps });
      }
      expect(steps).toBeGreaterThanOrEqual(20);
    },
  );
});
