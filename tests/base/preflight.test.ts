import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const INSTALLING = "Installing Backline's parts";
const BUILDING = "Building the client";

interface Clone {
  readonly root: string;
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string>;
  remove(path: string): Promise<void>;
  start(environment?: NodeJS.ProcessEnv): Promise<{ code: number; said: string }>;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

const manifest = {
  name: "clone",
  version: "1.0.0",
  type: "module",
  engines: { node: ">=18.0" },
  optionalDependencies: {},
  devDependencies: { vite: "file:bundler" },
};

const lockfile = {
  name: "clone",
  version: "1.0.0",
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": manifest,
    bundler: { name: "vite", version: "8.0.0", dev: true },
    "node_modules/vite": { resolved: "bundler", link: true },
  },
};

/** Stands in for Vite: a client as npm installs it, whose output names when it was built. */
const bundler = `
  import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
  const source = readFileSync("client/index.html", "utf8");
  if (source === "broken") { console.error("index.html:1 is broken"); process.exit(1); }
  mkdirSync("client/dist", { recursive: true });
  writeFileSync("client/dist/index.html", source + " " + process.argv.slice(2).join(" "));`;

/** A fresh clone of a small Backline, in a folder whose name has a space in it. No network. */
async function cloneOf(client = "<h1>Backline</h1>"): Promise<Clone> {
  const root = await mkdtemp(join(tmpdir(), "the band's clone-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const clone: Clone = {
    root,
    write: async (path, content) => {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), content);
    },
    read: (path) => readFile(join(root, path), "utf8"),
    remove: (path) => rm(join(root, path), { recursive: true, force: true }),
    start: (environment) => finish(startIn(root, environment)),
  };
  await clone.write("package.json", json(manifest));
  await clone.write("package-lock.json", json(lockfile));
  await clone.write(
    "bundler/package.json",
    json({ name: "vite", version: "8.0.0", type: "module" }),
  );
  await clone.write("bundler/bin/vite.js", bundler);
  await clone.write("client/index.html", client);
  await clone.write("client/app/main.tsx", "export const version = 1;");
  await clone.write("server/contract/ids.ts", "export const version = 1;");
  await cp("server/preflight.mjs", join(root, "server/preflight.mjs"));
  await cp("server/preflight", join(root, "server/preflight"), { recursive: true });
  return clone;
}

function startIn(root: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const outside = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$)/i.test(name));
  return spawn(process.execPath, ["server/preflight.mjs"], {
    cwd: root,
    env: { ...Object.fromEntries(outside), npm_config_offline: "true", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function finish(child: ChildProcess): Promise<{ code: number; said: string }> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error("The output was not piped.");
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, "exit")]);
  return { code, said: out + err };
}

const quiet = { code: 0, said: "" };

describe("a clone that is started", () => {
  test("installs and builds the first time, and has nothing to say the second", async () => {
    const clone = await cloneOf();
    const first = await clone.start();
    expect(first).toMatchObject({ code: 0, said: expect.stringContaining(INSTALLING) });
    expect(first.said).toContain(BUILDING);
    expect(await clone.read("client/dist/index.html")).toBe(
      `<h1>Backline</h1> build --config ${join("client", "vite.config.ts")}`,
    );
    expect(await clone.start()).toEqual(quiet);
    expect(existsSync(join(clone.root, ".preflight-lock"))).toBe(false);
  });

  test.each([
    ["NODE_ENV", { NODE_ENV: "production" }],
    ["npm_config_omit", { npm_config_omit: "dev" }],
    ["NPM_CONFIG_PRODUCTION", { NPM_CONFIG_PRODUCTION: "true" }],
    ["npm_config_dry_run", { npm_config_dry_run: "true" }],
  ])("gets the tools to build with, whatever %s says", async (_, environment) => {
    const clone = await cloneOf();
    expect(await clone.start(environment)).toMatchObject({ code: 0 });
    expect(existsSync(join(clone.root, "client/dist/index.html"))).toBe(true);
  });

  test("installs again when the lockfile has changed, and only then", async () => {
    const clone = await cloneOf();
    await clone.start();
    await clone.write("package-lock.json", `${json(lockfile)}\n`);
    expect((await clone.start()).said).not.toContain(INSTALLING);

    const grown = {
      ...lockfile.packages,
      bundler: { ...lockfile.packages.bundler, version: "9.0.0" },
    };
    await clone.write("package-lock.json", json({ ...lockfile, packages: grown }));
    await clone.write(
      "bundler/package.json",
      json({ name: "vite", version: "9.0.0", type: "module" }),
    );
    expect((await clone.start()).said).toContain(INSTALLING);
    expect(await clone.start()).toEqual(quiet);
  });

  test("accepts what somebody installed by hand", async () => {
    const clone = await cloneOf();
    await clone.start();
    await clone.remove("node_modules/.backline-lock");
    expect(await clone.start()).toEqual(quiet);
  });

  test.each(["client/app/main.tsx", "server/contract/ids.ts"])(
    "builds again when %s has changed",
    async (file) => {
      const clone = await cloneOf();
      await clone.start();
      await clone.write(file, "export const version = 2;");
      const { said } = await clone.start();
      expect(said).toContain(BUILDING);
      expect(said).not.toContain(INSTALLING);
      await clone.write("client/dist/assets/main.js", "not a source");
      expect(await clone.start()).toEqual(quiet);
    },
  );

  test("takes the client of an image as it is, where nothing can build another", async () => {
    const clone = await cloneOf();
    await clone.start();
    await clone.remove("node_modules/vite");
    await clone.remove("node_modules/.backline-lock");
    await clone.write("node_modules/.package-lock.json", json({ packages: {} }));
    await clone.write("client/index.html", "newer");
    const withoutTools = { ...lockfile.packages["node_modules/vite"], dev: true };
    const packages = { ...lockfile.packages, "node_modules/vite": withoutTools };
    await clone.write("package-lock.json", json({ ...lockfile, packages }));
    expect(await clone.start()).toEqual(quiet);
    expect((await clone.start({ npm_lifecycle_event: "pretest" })).said).toContain(INSTALLING);
  });

  test("says nothing about a client that has no sources yet", async () => {
    const clone = await cloneOf();
    await clone.start();
    await clone.remove("client");
    expect(await clone.start()).toEqual(quiet);
  });
});

describe("two starts in one clone", () => {
  test("install and build once, one after the other", async () => {
    const clone = await cloneOf();
    const both = await Promise.all([clone.start(), clone.start(), clone.start()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
    const said = both.map((one) => one.said).join("");
    expect(said.split(INSTALLING)).toHaveLength(2);
    expect(said.split(BUILDING)).toHaveLength(2);
  });

  test("a start that was killed does not stop the next", async () => {
    const clone = await cloneOf();
    const killed = spawn(process.execPath, ["--eval", ""]);
    await once(killed, "exit");
    await clone.write(".preflight-lock/pid", String(killed.pid));
    expect(await clone.start()).toMatchObject({ code: 0 });
    expect(existsSync(join(clone.root, ".preflight-lock"))).toBe(false);
  });

  test("a living one is waited for", async () => {
    const clone = await cloneOf();
    await clone.write(".preflight-lock/pid", String(process.pid));
    const waiting = startIn(clone.root);
    const finished = finish(waiting);
    const [first] = await once(waiting.stdout as NodeJS.ReadableStream, "data");
    expect(String(first)).toContain("waiting for it");
    expect(existsSync(join(clone.root, "node_modules"))).toBe(false);
    await clone.remove(".preflight-lock");
    expect(await finished).toMatchObject({ code: 0, said: expect.stringContaining(BUILDING) });
  });
});

describe("what a person is told", () => {
  test("that the parts could not be installed, and what to do", async () => {
    const clone = await cloneOf();
    const wishes = { ...manifest, dependencies: { elsewhere: "1.0.0" } };
    await clone.write("package.json", json(wishes));
    const { code, said } = await clone.start();
    expect(code).toBe(1);
    expect(said).toMatch(/`npm ci` ended with 1\..*data was not touched.*run `npm ci` in /s);
    expect(said).not.toContain("at installParts");
    expect(existsSync(join(clone.root, ".preflight-lock"))).toBe(false);
  });

  test("why the client could not be built, each time until it is mended", async () => {
    const clone = await cloneOf("broken");
    for (const attempt of [await clone.start(), await clone.start()]) {
      expect(attempt.code).toBe(1);
      expect(attempt.said).toMatch(/index\.html:1 is broken.*could not be built/s);
    }
    await clone.write("client/index.html", "mended");
    expect(await clone.start()).toMatchObject({ code: 0 });
  });

  test("which Node to install, where Backline brings none", async () => {
    const clone = await cloneOf();
    await clone.start();
    await clone.write("package.json", json({ ...manifest, engines: { node: ">=99.11" } }));
    const { code, said } = await clone.start();
    expect(code).toBe(1);
    expect(said).toContain(`needs Node 99.11 or newer, and this is ${process.versions.node}`);
    expect(said).toContain("Install Node 99.11 or newer");
  });

  test("how to get the Node that npm left out", async () => {
    const clone = await cloneOf();
    await clone.start();
    const platform = process.platform === "win32" ? "win" : process.platform;
    const own = { [`node-${platform}-${process.arch}`]: "99.11.0" };
    const engines = { node: ">=99.11" };
    await clone.write("package.json", json({ ...manifest, engines, optionalDependencies: own }));
    const { code, said } = await clone.start();
    expect(code).toBe(1);
    expect(said).toContain("npm ci --include=optional");
  });

  test("that a clone without its lockfile is not complete", async () => {
    const clone = await cloneOf();
    await clone.remove("package-lock.json");
    expect(await clone.start()).toMatchObject({
      code: 1,
      said: expect.stringContaining("complete"),
    });
  });
});

/** Plain JavaScript, which the compiler does not look into. */
async function load(name: string): Promise<Record<string, (...args: unknown[]) => unknown>> {
  return import(pathToFileURL(resolve("server/preflight", name)).href);
}

describe("versions", () => {
  test.each([
    ["24.11.0", "24.11", true],
    ["24.9.1", "24.11", false],
    ["25.0.0", "24.11", true],
    ["20.20.2", "24.11", false],
    ["24.11.0", "24", true],
    ["9.99.99", "24", false],
  ])("Node %s against at least %s: %s", async (version, wanted, expected) => {
    const { isNewEnough } = await load("runtime.mjs");
    expect(isNewEnough?.(version, wanted)).toBe(expected);
  });

  test.each([
    ["the same", { a: { version: "1" } }, { a: { version: "1" } }, true],
    ["another version", { a: { version: "2" } }, { a: { version: "1" } }, false],
    [
      "other bytes",
      { a: { version: "1", integrity: "x" } },
      { a: { version: "1", integrity: "y" } },
      false,
    ],
    ["one missing", { a: { version: "1" } }, {}, false],
    ["one for another machine missing", { a: { version: "1", optional: true } }, {}, true],
    ["a tool missing", { a: { version: "1", dev: true } }, {}, false],
  ])("installed against the lockfile, %s", async (_, wanted, found, expected) => {
    const { isInStep } = await load("installation.mjs");
    const lock = { packages: { "": { version: "0" }, ...wanted } };
    expect(isInStep?.(lock, { packages: found }, true)).toBe(expected);
  });

  test("a tool that is missing matters only to those who build", async () => {
    const { isInStep } = await load("installation.mjs");
    const lock = { packages: { vite: { version: "1", dev: true } } };
    expect(isInStep?.(lock, { packages: {} }, false)).toBe(true);
  });
});
