import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { residentBytes } from "./backline.ts";
import { type Figure, megabytes, ms } from "./table.ts";

const ROOT = join(import.meta.dirname, "../..");
const PORT = 3218;

/** `npm start` as people type it, twice; what the process weighs; what a browser loads first. */
export async function benchStart(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "backline-bench-start-"));
  try {
    const first = await startOnce(dataDir);
    const second = await startOnce(dataDir);
    const script = await firstLoadBytes();
    return [
      { what: "npm start, database made anew, to ready", measured: ms(first.readyMs) },
      {
        what: "npm start, second time, to ready",
        measured: ms(second.readyMs),
        target: "5 s",
        isMet: second.readyMs < 5_000,
      },
      {
        what: "resident memory, idle, without Postgres",
        measured: megabytes(second.residentBytes),
        target: "250 MB",
        isMet: second.residentBytes < 250e6,
      },
      {
        what: "first load, JavaScript gzipped",
        measured: `${(script / 1000).toFixed(0)} kB`,
        target: "200 kB",
        isMet: script <= 200_000,
      },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startOnce(dataDir: string): Promise<{ readyMs: number; residentBytes: number }> {
  const startedMs = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: dataDir, PORT: String(PORT) },
    stdio: "ignore",
  });
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}.`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
  const readyMs = performance.now() - startedMs;
  await new Promise((wake) => setTimeout(wake, 5_000));
  const pid = await findServer(dataDir);
  const resident = await residentBytes(pid);
  process.kill(pid, "SIGTERM");
  while (isAlive(pid)) await new Promise((wake) => setTimeout(wake, 50));
  return { readyMs, residentBytes: resident };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const isReady = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${PORT}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );

/** npm runs a shell that runs the server: ours is the one that main.ts and this data folder belong to. */
async function findServer(dataDir: string): Promise<number> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (/^\S*node\0.*server\/main\.ts/.test(command) && environment.includes(dataDir)) {
      return Number(pid);
    }
  }
  throw new Error("The server is not among the processes.");
}

/** What index.html names: scripts and preloaded modules, before any screen. */
async function firstLoadBytes(): Promise<number> {
  const dist = join(ROOT, "client/dist");
  const html = await readFile(join(dist, "index.html"), "utf8");
  const files = new Set(
    [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, file]) => file),
  );
  const sizes = [...files].map(
    async (file) => gzipSync(await readFile(join(dist, file ?? ""))).length,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
