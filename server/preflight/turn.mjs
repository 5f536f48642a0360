import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Obstacle } from "./obstacle.mjs";
import { findText } from "./program.mjs";

const PATIENCE_MS = 15 * 60_000;
const LOOK_AGAIN_MS = 200;

/** Between making the folder and writing a process number into it passes less than this. */
const NAMELESS_MS = 10_000;

/**
 * Does something while no other start does it in the same folder: two would tear each other's
 * `node_modules` apart. The turn is a folder, `.preflight-lock`, with the number of the process that
 * has it; one whose process is gone is taken away.
 *
 * @param {string} root
 * @param {(line: string) => void} say
 * @param {() => Promise<void>} work
 */
export async function whileAlone(root, say, work) {
  const folder = join(root, ".preflight-lock");
  await takeTurn(folder, say);
  try {
    await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeTurn(folder, say) {
  const giveUpMs = Date.now() + PATIENCE_MS;
  for (let isSaid = false; !tryTurn(folder); ) {
    const holder = findHolder(folder);
    if (isStale(folder, holder)) {
      discard(folder, holder);
      continue;
    }
    if (Date.now() > giveUpMs) {
      throw new Obstacle(
        `Process ${holder} has been preparing Backline in this folder for very long. If it is something else, remove ${folder}. Then run the same command again.`,
      );
    }
    if (!isSaid) say(`Another start is preparing Backline in this folder; waiting for it …`);
    isSaid = true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function tryTurn(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new Obstacle(
      `Backline has something to install or build here, but cannot write to this folder: ${error.message}. Run the same command as the account that owns it.`,
    );
  }
  writeFileSync(join(folder, "pid"), String(process.pid));
  return true;
}

const findHolder = (folder) => findText(join(folder, "pid")) || undefined;

function isStale(folder, holder) {
  if (holder === undefined) {
    const made = statSync(folder, { throwIfNoEntry: false });
    return made !== undefined && Date.now() - made.mtimeMs > NAMELESS_MS;
  }
  // A container counts from one again: our own number was somebody else's.
  if (Number(holder) === process.pid) return true;
  try {
    process.kill(Number(holder), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** By renaming, so that of several who find it stale one takes it away, and never a new one. */
function discard(folder, holder) {
  const aside = `${folder}-${process.pid}`;
  try {
    renameSync(folder, aside);
    if (findHolder(aside) === holder) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, folder);
  } catch {
    // Another was quicker; the next look sees what it did.
  }
}
