import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UNFINISHED } from "./block-file.ts";
import { NAME } from "./block-name.ts";

/** A block that was found on the disk. */
export interface FoundBlock {
  /** `shelf/name` */
  readonly key: string;
  readonly bytes: number;
  readonly usedAtMs: number;
}

/**
 * The blocks that lie there from before, the one longest unused first. What was being written when the
 * server ended goes; what is none of ours stays and does not count.
 */
export async function findBlocks(folder: string): Promise<FoundBlock[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found: FoundBlock[] = [];
  for (const shelf of await listShelves(folder)) {
    for (const name of await readdir(join(folder, shelf))) {
      const path = join(folder, shelf, name);
      if (isUnfinished(name)) await rm(path, { force: true });
      if (!NAME.test(name)) continue;
      const stats = await stat(path).catch(() => undefined);
      if (!stats?.isFile()) continue;
      found.push({ key: `${shelf}/${name}`, bytes: stats.size, usedAtMs: stats.mtimeMs });
    }
  }
  return found.sort((left, right) => left.usedAtMs - right.usedAtMs);
}

export async function listShelves(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .map(({ name }) => name);
}

const isUnfinished = (name: string): boolean =>
  name.endsWith(UNFINISHED) && NAME.test(name.split(".")[0] ?? "");
