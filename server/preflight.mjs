// Runs before `npm start` and `npm test`, on whatever Node the machine has (18 or newer) and before
// anything is installed: hence plain JavaScript, without packages.
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildClient, inspectClient } from "./preflight/client.mjs";
import { installParts, isInstalled } from "./preflight/installation.mjs";
import { Obstacle } from "./preflight/obstacle.mjs";
import { requireRuntime } from "./preflight/runtime.mjs";
import { whileAlone } from "./preflight/turn.mjs";

/**
 * Installs what is missing, checks the Node that will run the app, and builds the client when its
 * sources have changed. With nothing to do it only reads.
 *
 * @param {string} root the folder with `package.json`
 * @param {NodeJS.ProcessEnv} environment
 * @param {(line: string) => void} say
 * @throws {Obstacle} with a sentence for the person who started it
 */
async function prepare(root, environment, say) {
  const isForTests = environment.npm_lifecycle_event === "pretest";
  const client = inspectClient(root);
  if (isInstalled(root, client.needsTools || isForTests) && !client.needsBuild) {
    requireRuntime(root);
    return;
  }
  await whileAlone(root, say, async () => {
    // Whoever had the turn before us may have done it all.
    const withTools = inspectClient(root).needsTools || isForTests;
    if (!isInstalled(root, withTools)) await installParts(root, environment, withTools, say);
    const runtime = requireRuntime(root);
    const { needsBuild, hash } = inspectClient(root);
    if (needsBuild) await buildClient(root, runtime, environment, hash, say);
  });
}

async function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    await prepare(root, process.env, (line) => console.log(line));
  } catch (error) {
    console.error(error instanceof Obstacle ? `\n${error.message}\n` : error);
    process.exitCode = 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
