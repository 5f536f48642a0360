import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Obstacle } from "./obstacle.mjs";
import { findText, run } from "./program.mjs";

/**
 * Whether the built client fits its sources. `client/dist/.stamp` names those it was built from.
 *
 * Where a client is built and Vite is not installed, as in an image, it is the one that was meant.
 *
 * @param {string} root
 */
export function inspectClient(root) {
  const nothingToDo = { needsBuild: false, needsTools: false, hash: "" };
  if (!existsSync(join(root, "client", "index.html"))) return nothingToDo;
  const isBuilt = existsSync(join(root, "client", "dist", "index.html"));
  const hasTools = existsSync(viteOf(root));
  const hasModules = existsSync(join(root, "node_modules"));
  if (isBuilt && !hasTools && hasModules) return nothingToDo;

  const hash = hashClient(root);
  const isCurrent = isBuilt && findText(stampOf(root)) === hash;
  return { needsBuild: !isCurrent, needsTools: !isCurrent, hash };
}

/**
 * @param {string} root
 * @param {string} runtime the Node to build with
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} hash of the sources, taken before: what is saved during the build is built next time
 * @param {(line: string) => void} say
 */
export async function buildClient(root, runtime, environment, hash, say) {
  if (!existsSync(viteOf(root))) {
    throw new Obstacle(
      `The client is not built yet, and Vite, which builds it, is not installed. Run \`npm ci --include=dev\` in ${root}, then the same command again.`,
    );
  }
  say("Building the client …");
  const args = [viteOf(root), "build", "--config", join("client", "vite.config.ts")];
  const { ending, output } = await run(runtime, args, {
    cwd: root,
    env: { ...environment, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (ending !== 0) {
    throw new Obstacle(
      `${output}\nThe client could not be built, for the reason above. If you changed something in client or server/contract, mend that; if not, run \`npm ci\` in ${root}. Then run the same command again.`,
    );
  }
  writeFileSync(stampOf(root), hash);
}

/**
 * A digest of the names and contents of all that the client is built from.
 *
 * @param {string} root
 */
export function hashClient(root) {
  const digest = createHash("sha256");
  const dist = join(root, "client", "dist");
  const folders = [join(root, "client"), join(root, "server", "contract")];
  const files = folders.flatMap((folder) => listFiles(folder, dist));
  for (const file of [...files, join(root, "package-lock.json")].filter(existsSync)) {
    const content = readFileSync(file);
    digest.update(`${relative(root, file).split(sep).join("/")}\0${content.length}\0`);
    digest.update(content);
  }
  return digest.digest("hex");
}

function listFiles(folder, except) {
  if (folder === except || !existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path, except);
    return entry.isFile() ? [path] : [];
  });
}

const stampOf = (root) => join(root, "client", "dist", ".stamp");
const viteOf = (root) => join(root, "node_modules", "vite", "bin", "vite.js");
