import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { Obstacle } from "./obstacle.mjs";

/**
 * Finds the Node that npm's scripts will run, which is the project's own where there is one for the
 * platform, and tells what to do when it will not do.
 *
 * @param {string} root
 * @returns {string} its path
 */
export function requireRuntime(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const wanted = (manifest.engines?.node ?? "").replace(/^\D+/, "");
  const runtime = findRuntime(root);
  const version = findVersion(runtime);
  if (version !== undefined && isNewEnough(version, wanted)) return runtime;

  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const wasLeftOut = runtime === process.execPath && manifest.optionalDependencies?.[name];
  const found = version === undefined ? `${runtime} does not run here` : `this is ${version}`;
  const remedy = wasLeftOut
    ? `Backline brings it as the package ${name}, which npm left out: run \`npm ci --include=optional\` in ${root}, then the same command again.`
    : `Install Node ${wanted} or newer (the LTS release from https://nodejs.org will do), then run the same command again.`;
  throw new Obstacle(`Backline needs Node ${wanted} or newer, and ${found}. ${remedy}`);
}

/**
 * @param {string} version `24.21.0`
 * @param {string} wanted the least that will do: `24.11`
 */
export function isNewEnough(version, wanted) {
  const has = version.split(".").map(Number);
  for (const [i, least] of wanted.split(".").map(Number).entries()) {
    if (has[i] !== least) return (has[i] ?? 0) > least;
  }
  return true;
}

function findRuntime(root) {
  const name = process.platform === "win32" ? "node.cmd" : "node";
  const own = join(root, "node_modules", ".bin", name);
  return existsSync(own) ? own : process.execPath;
}

/** @returns {string | undefined} nothing when it does not run */
function findVersion(runtime) {
  if (realpathSync(runtime) === realpathSync(process.execPath)) return process.versions.node;
  const shell = process.platform === "win32";
  const { stdout } = spawnSync(shell ? `"${runtime}"` : runtime, ["--version"], { shell });
  return /^v(\S+)/.exec(String(stdout ?? ""))?.[1];
}
