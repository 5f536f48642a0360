import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

interface Import {
  readonly from: string;
  /** A file of ours, from the root; or the name of a package. */
  readonly to: string;
  readonly isType: boolean;
  readonly text: string;
}

/** Each may call the ones before it: nobody calls what comes after. */
const FEATURES = [
  ...["audit", "mail", "bands", "auth", "account"],
  ...[
    "connections",
    "internal",
    "library",
    "comments",
    "waveforms",
    "transcoding",
    "uploads",
    "listening",
    "playlists",
    "rehearsals",
    "search",
    "shares",
    "playback",
    "leaving",
    "system",
    "admin",
  ],
];

/** Who may import whom, at run time. `own` means: only within the same feature or provider. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  schema: ["schema"],
  contract: ["contract"],
  base: ["base", "contract", "schema"],
  provider: ["own provider", "storage", "base", "contract"],
  storage: ["storage", "provider", "base", "contract"],
  store: ["own store", "own part", "schema", "base", "contract"],
  part: ["part", "own store", "storage", "provider", "base", "contract"],
  jobs: ["part", "base", "contract"],
  edge: ["part", "own edge", "base", "contract"],
  root: ["root", "edge", "jobs", "part", "storage", "base", "contract"],
  sdk: ["sdk", "contract"],
  app: ["app", "sdk", "contract"],
};

/** Features speak to each other through services; what browsers see is at the edge. */
const EDGES = [
  "router.ts",
  "routes.ts",
  "plugin.ts",
  "origin.ts",
  "csrf.ts",
  "cookies.ts",
  "rate-limits.ts",
];

/** What reaches other machines or listens. `isIP` and the like are only arithmetic. */
const NETWORK = [
  "undici",
  "node:http",
  "node:https",
  "node:http2",
  "node:net",
  "node:tls",
  "node:dns",
];

const NETWORK_FILES: Readonly<Record<string, string>> = {
  "server/base/egress/": "the one way out",
  "server/base/postgres/": "looks whether the embedded database answers on its socket",
  "server/base/database-socket.ts": "looks whether a database answers on a local socket",
};

const TOP_LEVEL = [
  ...["package.json", "package-lock.json", "tsconfig.json", "server", "client", "drizzle"],
  ...["drizzle.config.ts", "tests", "compose.yaml", "README.md", "biome.json", "LICENSE"],
];

/** Kept out of the repository by .gitignore. */
const IGNORED = ["node_modules", "data"];

const IMPORT = /^(?:import|export)\s+(type\s+)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1), entry.name))
    .filter((file) => !file.includes("/dist/"));
}

async function readImports(file: string): Promise<Import[]> {
  const source = await readFile(join(root, file), "utf8");
  const found = [...source.matchAll(IMPORT)].map(([text, type, to = ""]) => ({ text, type, to }));
  const dynamic = [...source.matchAll(DYNAMIC_IMPORT)].map(([text, to = ""]) => ({
    text,
    type: undefined,
    to,
  }));
  return [...found, ...dynamic].map(({ text, type, to }) => ({
    from: file,
    to: resolve(file, to),
    isType: type !== undefined,
    text,
  }));
}

function resolve(file: string, to: string): string {
  if (to.startsWith(".")) return posix.join(dirname(file), to);
  const [, alias, rest = ""] = /^#(server|contract|drizzle|sdk|tests)\/(.*)$/.exec(to) ?? [];
  switch (alias) {
    case undefined:
      return to;
    case "contract":
      return `server/contract/${rest}`;
    case "sdk":
      return `client/sdk/${rest}`;
    default:
      return `${alias}/${rest}`;
  }
}

const featureOf = (file: string): string | undefined =>
  FEATURES.find((feature) => file.startsWith(`server/${feature}/`));

const providerOf = (file: string): string | undefined =>
  /^server\/storage\/([^/]+)\//.exec(file)?.[1];

/** `undefined` for packages and for what is not code of ours. */
function kindOf(file: string): string | undefined {
  if (file.startsWith("drizzle/schema/")) return "schema";
  if (file.startsWith("server/contract/")) return "contract";
  if (file.startsWith("server/base/")) return "base";
  if (file.startsWith("server/storage/")) return providerOf(file) ? "provider" : "storage";
  if (file.startsWith("client/sdk/")) return "sdk";
  if (file.startsWith("client/app/")) return "app";
  if (featureOf(file)) return kindInFeature(posix.basename(file));
  return /^server\/[^/]+\.ts$/.test(file) ? "root" : undefined;
}

function kindInFeature(name: string): string {
  if (name === "store.ts" || name.endsWith("-store.ts")) return "store";
  if (name === "jobs.ts") return "jobs";
  return EDGES.includes(name) ? "edge" : "part";
}

const isOwn = (each: Import): boolean =>
  featureOf(each.from) === featureOf(each.to) && providerOf(each.from) === providerOf(each.to);

function isAllowed(each: Import): boolean {
  const [from, to] = [kindOf(each.from), kindOf(each.to)];
  if (from === undefined || to === undefined) return true;
  const may = MAY[from] ?? [];
  if (!(may.includes(to) || (may.includes(`own ${to}`) && isOwn(each)))) return false;
  const [theirs, ours] = [featureOf(each.to), featureOf(each.from)];
  return !theirs || !ours || FEATURES.indexOf(theirs) <= FEATURES.indexOf(ours);
}

const allImports = async (folders: readonly string[]): Promise<Import[]> => {
  const files = (await Promise.all(folders.map(listFiles))).flat();
  return (await Promise.all(files.map(readImports))).flat();
};

const say = ({ from, to }: Import): string => `${from} → ${to}`;

test("everyone imports only what their place allows", async () => {
  const imports = await allImports(["server", "drizzle", "client"]);

  expect(imports.length).toBeGreaterThan(500);
  expect(imports.filter((each) => !each.isType && !isAllowed(each)).map(say)).toEqual([]);
});

test("the contract needs nothing but zod", async () => {
  const imports = await allImports(["server/contract"]);

  expect(
    imports.filter(({ to }) => to !== "zod" && !to.startsWith("server/contract/")).map(say),
  ).toEqual([]);
});

test("the client knows of the server its contract and one type", async () => {
  const imports = await allImports(["client/app", "client/sdk"]);
  const foreign = imports.filter(({ to }) => /^(server|drizzle|tests)\//.test(to));

  expect(
    foreign
      .filter(({ to }) => !to.startsWith("server/contract/"))
      .filter(
        ({ to, isType, text }) =>
          !(isType && to === "server/router.ts" && text.includes("AppRouter")),
      )
      .map(say),
  ).toEqual([]);
  const sdk = imports.filter(({ from }) => from.startsWith("client/sdk/"));
  expect(sdk.filter(({ to }) => /^(react|@mantine|@tanstack)/.test(to)).map(say)).toEqual([]);
});

test("the client brings no schemas along, which would be its largest part and run code of their own", async () => {
  const imports = (await allImports(["client/app", "client/sdk", "server/contract"])).filter(
    ({ isType }) => !isType,
  );
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { to } of imports.filter(({ from }) => from === file)) visit(to);
  };
  for (const { from } of imports) if (from.startsWith("client/")) visit(from);

  expect(seen.has("server/contract/playback.ts")).toBe(true);
  expect(seen.has("zod")).toBe(false);
});

test("no two modules need each other at run time", async () => {
  const imports = await allImports(["server", "client"]);
  const edges = Map.groupBy(
    imports.filter(({ isType, to }) => !isType && kindOf(to) !== undefined),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (path.includes(file) || done.has(file)) return;
    for (const { to } of edges.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);

  expect(cycles).toEqual([]);
});

test("only the egress client reaches out", async () => {
  const imports = await allImports(["server"]);
  const open = imports.filter(
    ({ to, isType, text }) =>
      NETWORK.includes(to) &&
      !isType &&
      !/^import \{ (isIP|isIPv4|isIPv6)(, isIPv?[46]?)* \}/.test(text),
  );
  const isExcepted = ({ from }: Import): boolean =>
    Object.keys(NETWORK_FILES).some((place) => from.startsWith(place));
  const sources = await Promise.all(
    (await listFiles("server")).map(
      async (file) => [file, await readFile(join(root, file), "utf8")] as const,
    ),
  );
  const fetching = sources
    .filter(
      ([, source]) =>
        /(?<![.\w])fetch\(/.test(source) &&
        !/\bfetch[:,?] |function fetch\(|const fetch\b/.test(source),
    )
    .map(([file]) => file);

  expect(open.filter((each) => !isExcepted(each)).map(say)).toEqual([]);
  expect(fetching).toEqual([]);
});

test("there is no folder or file for what nobody named", async () => {
  const files = await Promise.all(["server", "client", "drizzle", "tests"].map(listFiles));

  expect(
    files
      .flat()
      .filter((file) => /(^|\/)(utils?|helpers?|common|types|models|lib)(\/|\.tsx?$)/.test(file)),
  ).toEqual([]);
});

test("the top level holds what people look for there, and nothing else", async () => {
  const names = (await readdir(root)).filter(
    (name) => !name.startsWith(".") && !IGNORED.includes(name),
  );

  expect(names.filter((name) => !TOP_LEVEL.includes(name))).toEqual([]);
  expect(TOP_LEVEL.filter((name) => !names.includes(name))).toEqual([]);
});

test("no test is left out or stands in for a module of ours", async () => {
  const tricks = /\bvi\.(do)?mock\(|\b(describe|it|test)\.(skip|only|todo|skipIf|runIf|fails)\b/;
  const files = await listFiles("tests");
  const sources = await Promise.all(
    files.map(async (file) => [file, await readFile(join(root, file), "utf8")] as const),
  );

  expect(files.length).toBeGreaterThan(50);
  expect(sources.filter(([, source]) => tricks.test(source)).map(([file]) => file)).toEqual([]);
});
