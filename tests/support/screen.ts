import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, inject, onTestFinished } from "vitest";

const SCREENS = join(import.meta.dirname, "../output/screens");

const SIZES = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

const SCHEMES = ["dark", "light"] as const;

/** Chromium as tests want it: no calls home, no sandbox that root could not have. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** A person in front of a browser. */
export interface Person {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: console errors, exceptions, refused by the content policy. */
  readonly complaints: readonly string[];
}

/** @throws Error that says how to get a browser, when there is none. */
export async function startBrowser(): Promise<Browser> {
  const found = inject("browser");
  if ("missing" in found) throw new Error(found.missing);
  const browser = await chromium.launch({ executablePath: found.path, args: FLAGS });
  onTestFinished(() => browser.close());
  return browser;
}

/** Opens a page of the server as one person with cookies of their own. */
export async function openPage(baseUrl: string, path = "/", browser?: Browser): Promise<Person> {
  const context = await (browser ?? (await startBrowser())).newContext({
    baseURL: baseUrl,
    viewport: SIZES.desktop,
    colorScheme: "dark",
    reducedMotion: "reduce",
  });
  await context.addInitScript(REMEMBER_SOUNDS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is logged by the browser itself; the page's own answer to it is what counts.
    if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
    complaints.push(`console: ${message.text()}`);
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    await mkdir(SCREENS, { recursive: true });
    const name = `failed-${task.name.replaceAll(/\W+/g, "-").slice(0, 60)}.png`;
    await page.screenshot({ path: join(SCREENS, name) }).catch(() => {});
  });
  await page.goto(path);
  return { page, context, complaints };
}

/**
 * Looks at a screen as it is: axe must find nothing, dark and light, wide and narrow, nothing may be
 * wider than the window, and a picture of each is kept in `tests/output/screens` for people to look at.
 */
export async function lookAt({ page }: Person, name: string): Promise<void> {
  await mkdir(SCREENS, { recursive: true });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await settle(page);
      await page.screenshot({ path: join(SCREENS, `${name}-${size}-${colorScheme}.png`) });
      const found = await askAxe(page, colorScheme);
      expect.soft(found, `axe on ${name}, ${size}, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect.soft(overflow, `${name} is wider than a ${size}`).toBe(0);
  }
  await page.setViewportSize(SIZES.desktop);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
}

/** What another size or scheme changes is drawn; a busy machine takes its time for two frames. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
  );
  await page.waitForTimeout(60);
}

/**
 * The second scheme differs from the first in colours alone, and a size from the other in all else. Our
 * pages have no frames of other origins, so axe need not open a page of its own to put answers together.
 */
async function askAxe(page: Page, scheme: (typeof SCHEMES)[number]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (scheme !== SCHEMES[0]) axe.withRules(["color-contrast", "link-in-text-block"]);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`);
}

/** The player's element is not in the document; this lets tests find it. */
const REMEMBER_SOUNDS = `
  window.sounds = [];
  window.Audio = new Proxy(window.Audio, {
    construct: (Original, given) => {
      const sound = new Original(...given);
      window.sounds.push(sound);
      return sound;
    },
  });
`;

/** Where the sound that plays is, in seconds; -1 while none plays. */
export const playheadSeconds = (page: Page): Promise<number> =>
  page.evaluate(
    "window.sounds.find((sound) => !sound.paused && sound.readyState > 2)?.currentTime ?? -1",
  );
