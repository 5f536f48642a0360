import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of a Chromium, or why there is none and how to get one. */
    browser: { path: string } | { missing: string };
  }
}

const run = promisify(execFile);

const KNOWN_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const HOW_TO =
  "The browser tests need a Chromium and none was found or could be downloaded. " +
  "Install one (Debian, Ubuntu: `sudo apt-get install chromium`; elsewhere: `npx playwright-core install chromium`), " +
  "or set CHROMIUM_PATH to one, and run `npm test` again.";

/** Global set-up: finds a Chromium for the browser tests, and gets one where there is none. */
export default async function setup(project: TestProject): Promise<void> {
  const path = (await findBrowser()) ?? (await downloadBrowser()) ?? (await installBrowser());
  project.provide("browser", path === undefined ? { missing: HOW_TO } : { path });
}

export async function findBrowser(): Promise<string | undefined> {
  const candidates = [process.env.CHROMIUM_PATH, chromium.executablePath(), ...KNOWN_PATHS];
  for (const path of candidates) {
    if (path && (await exists(path))) return path;
  }
  return undefined;
}

/** Playwright's own, kept in its cache outside the project. */
async function downloadBrowser(): Promise<string | undefined> {
  process.stdout.write("No Chromium found; downloading Playwright's (once) …\n");
  const cli = new URL("../../node_modules/playwright-core/cli.js", import.meta.url).pathname;
  const wasDownloaded = await succeeds(process.execPath, [cli, "install", "chromium"], 5 * 60_000);
  return wasDownloaded ? findBrowser() : undefined;
}

/** Debian's, where we may install it. */
async function installBrowser(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !(await exists("/usr/bin/apt-get"))) return undefined;
  process.stdout.write("Installing Debian's chromium (once) …\n");
  await succeeds("apt-get", ["update", "-qq"], 2 * 60_000);
  const packages = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
  return (await succeeds("apt-get", packages, 5 * 60_000)) ? findBrowser() : undefined;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const succeeds = (command: string, args: string[], timeoutMs: number): Promise<boolean> =>
  run(command, args, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }).then(
    () => true,
    () => false,
  );
