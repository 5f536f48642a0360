import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Obstacle } from "./obstacle.mjs";
import { findText, run } from "./program.mjs";

/** Settings of the npm that runs us, under which `npm ci` would do nothing, or something else. */
const MISLEADING = /^npm_config_(dry_run|global|package_lock)$/i;

/**
 * Whether `node_modules` is what the lockfile asks for. `node_modules/.backline-lock` remembers the
 * lockfile for which that was found true.
 *
 * @param {string} root
 * @param {boolean} withTools whether what builds and tests must be there too
 */
export function isInstalled(root, withTools) {
  const lockfile = join(root, "package-lock.json");
  const text = findText(lockfile);
  if (text === undefined) {
    throw new Obstacle(
      `${lockfile} is missing, so this is not a complete copy of Backline. Fetch it again and start there.`,
    );
  }
  const stamp = findText(stampOf(root));
  if (stamp === toStamp(text, true)) return true;
  if (stamp === toStamp(text, false) && !withTools) return true;

  const installed = findText(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return false;
  if (!isInStep(JSON.parse(text), JSON.parse(installed), withTools)) return false;
  saveStamp(root, withTools);
  return true;
}

/**
 * Optional packages may be absent: most are for other machines.
 *
 * @param {{ packages?: object }} lock `package-lock.json`
 * @param {{ packages?: object }} installed `node_modules/.package-lock.json`, npm's own record
 * @param {boolean} withTools
 */
export function isInStep(lock, installed, withTools) {
  return Object.entries(lock.packages ?? {}).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed.packages?.[path];
    if (found) return found.version === wanted.version && found.integrity === wanted.integrity;
    return Boolean(wanted.optional || wanted.devOptional || (wanted.dev && !withTools));
  });
}

/**
 * Runs `npm ci`, whose output the person sees.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @param {boolean} withTools install them whatever `NODE_ENV` or npm's settings say; when `false`
 *   those settings decide
 * @param {(line: string) => void} say
 */
export async function installParts(root, environment, withTools, say) {
  say("Installing Backline's parts (about a minute, once) …");
  rmSync(stampOf(root), { force: true });
  const kept = Object.entries(environment).filter(([name]) => !MISLEADING.test(name));
  const { program, args } = findNpm(environment);
  args.push("ci", "--no-fund", "--no-audit", "--include=optional");
  if (withTools) args.push("--include=dev");
  const { ending } = await run(program, args, {
    cwd: root,
    env: Object.fromEntries(kept),
    stdio: "inherit",
    shell: process.platform === "win32" && program === "npm",
  });
  if (ending !== 0) {
    throw new Obstacle(
      `Backline's parts could not be installed: \`npm ci\` ended with ${ending}. Your data was not touched. Check that this machine is online and that its disk is not full, and run the same command again; or run \`npm ci\` in ${root} to see more.`,
    );
  }
  saveStamp(root, withTools);
}

/**
 * The npm that runs us, if one does. It runs on the Node it was started with, and not on the one
 * inside `node_modules`, which it is about to replace.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
function findNpm({ npm_execpath: npm, npm_node_execpath: node }) {
  if (!npm || !/npm-cli\.c?js$/.test(npm)) return { program: "npm", args: [] };
  return { program: node && existsSync(node) ? node : process.execPath, args: [npm] };
}

const stampOf = (root) => join(root, "node_modules", ".backline-lock");

function toStamp(lockText, withTools) {
  const hash = createHash("sha256").update(lockText).digest("hex");
  return withTools ? `${hash} with tools` : hash;
}

function saveStamp(root, withTools) {
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  try {
    mkdirSync(dirname(stampOf(root)), { recursive: true });
    writeFileSync(stampOf(root), toStamp(text, withTools));
  } catch {
    // An image may be read-only. The next start compares again: slower, and no less right.
  }
}
