import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules/.bin", name);

/** What a tool printed when it is not content; empty when it is. */
async function complaints(command: string, args: string[], cwd = root): Promise<string> {
  try {
    await promisify(execFile)(command, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
    return "";
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}` || String(error);
  }
}

describe.concurrent("the house", { timeout: 120_000 }, () => {
  test("has no type errors on the server, in the SDK and in the tests", async () => {
    expect(await complaints(bin("tsc"), ["--noEmit"])).toBe("");
  });

  test("has no type errors in the client", async () => {
    expect(await complaints(bin("tsc"), ["--noEmit", "-p", "client"])).toBe("");
  });

  test("is formatted and linted", async () => {
    expect(await complaints(bin("biome"), ["ci", "--colors=off"])).toBe("");
  });

  test("has a migration for every change of the schema", async () => {
    const copy = await mkdtemp(join(tmpdir(), "backline-schema-"));
    try {
      for (const part of ["drizzle", "drizzle.config.ts", "package.json", "server/contract"]) {
        await cp(join(root, part), join(copy, part), { recursive: true });
      }
      await symlink(join(root, "node_modules"), join(copy, "node_modules"));
      const before = await readdir(join(copy, "drizzle/migrations"));
      expect(await complaints(bin("drizzle-kit"), ["generate", "--name", "drift"], copy)).toBe("");
      expect(await readdir(join(copy, "drizzle/migrations"))).toEqual(before);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  test("brings the style of every Mantine component that it shows", async () => {
    const app = join(root, "client/app");
    const files = await readdir(app, { recursive: true });
    const sources = files.filter((file) => file.endsWith(".tsx")).map((file) => join(app, file));
    const texts = await Promise.all(sources.map((file) => readFile(file, "utf8")));
    const shown = texts.flatMap((text) =>
      [...text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)].flatMap(([, names = ""]) =>
        names.split(",").map((name) => name.trim()),
      ),
    );
    const styles = await readdir(join(root, "node_modules/@mantine/core/styles"));
    const brought = await readFile(join(app, "theme/mantine.ts"), "utf8");
    const missing = [...new Set(shown)].filter(
      (name) => styles.includes(`${name}.css`) && !brought.includes(`/styles/${name}.css`),
    );
    expect(shown).toContain("Progress");
    expect(missing).toEqual([]);
  });
});
