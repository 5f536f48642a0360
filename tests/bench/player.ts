import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Browser, chromium, type Page, type Response } from "playwright-core";
import { findBrowser } from "#tests/support/browser.ts";
import { ffmpeg, requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { startApache } from "#tests/support/webdav-servers.ts";
import { type Bench, connectAndScan, startBacklineBench } from "./backline.ts";
import { type Figure, ms, quantile } from "./table.ts";

const LOOK_MS = 20;
const MOST_LOOKS = 1_000;
const CLICKS = 15;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const PASSWORD = "seven blue trombones";

/** The built client in Chromium: what its first screen loads, and how soon a click is heard. */
export async function benchPlayer(): Promise<Figure[]> {
  requireFfmpeg();
  const executablePath = await findBrowser();
  if (executablePath === undefined) throw new Error("There is no Chromium: set CHROMIUM_PATH.");
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-player-"));
  await fill(folder);
  const apache = await startApache(folder);
  const bench = await startBacklineBench();
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    await connectAndScan(bench, apache);
    const { page, scriptBytes } = await openLibrary(browser, bench);
    const waits = await clickThrough(page);
    return [
      {
        what: "JavaScript of the first screen (sign-in), gzipped",
        measured: `${(scriptBytes.signIn / 1000).toFixed(0)} kB`,
        target: "200 kB",
        isMet: scriptBytes.signIn <= 200_000,
      },
      {
        what: "the same with the library, signed in",
        measured: `${(scriptBytes.library / 1000).toFixed(0)} kB`,
      },
      ...describeWaits("click to `playing`", waits.playingMs),
      ...describeWaits("click to the first sound", waits.soundMs),
    ];
  } finally {
    await browser.close();
    await bench.stop();
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function describeWaits(what: string, waitsMs: readonly number[]): Figure[] {
  const sorted = waitsMs.toSorted((left, right) => left - right);
  const [middle, most] = [quantile(sorted, 0.5), sorted.at(-1) ?? Number.NaN];
  return [
    { what: `${what}, ${sorted.length} tracks, median`, measured: ms(middle) },
    { what: `${what}, slowest`, measured: ms(most) },
  ];
}

/** Three minutes each, no two alike, loud from the first sample on. */
async function fill(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < CLICKS; at += 1) {
    const sound = `sine=frequency=${300 + 20 * at}:sample_rate=44100:duration=180`;
    const coding = ["-ac", "2", "-c:a", "flac", "-f", "flac"];
    const name = `Song ${String(at + 1).padStart(2, "0")}.flac`;
    const bytes = await ffmpeg(["-f", "lavfi", "-i", sound, ...coding]);
    await writeFile(join(folder, name), bytes);
  }
}

/** Scripts are counted as they are gzipped, whatever they were sent as. */
async function openLibrary(browser: Browser, { baseUrl, bandId }: Bench) {
  const context = await browser.newContext({ baseURL: baseUrl });
  await context.addInitScript(LISTEN);
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (new URL(response.url()).pathname.endsWith(".js")) sizes.push(gzippedBytes(response));
  });
  const loaded = async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.goto(`/b/${bandId}/library`);
  await page.getByLabel("E-mail").fill("anna@band.example");
  await page.waitForLoadState("networkidle");
  const signIn = await loaded();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await rowOf(page, 1).waitFor();
  await page.waitForLoadState("networkidle");
  return { page, scriptBytes: { signIn, library: await loaded() } };
}

const gzippedBytes = async (response: Response): Promise<number> =>
  gzipSync(await response.body()).length;

const rowOf = (page: Page, at: number) =>
  page
    .getByRole("row")
    .filter({ hasText: `Song ${String(at).padStart(2, "0")}` })
    .first();

/** A double click on each row; what is heard is asked of the page, which has noted the moments. */
async function clickThrough(page: Page) {
  await page.evaluate("window.startListening()");
  const playingMs: number[] = [];
  const soundMs: number[] = [];
  for (let at = 1; at <= CLICKS; at += 1) {
    await page.evaluate("window.noteClick()");
    await rowOf(page, at).dblclick();
    const { click, playing, sound } = await until<Heard>(
      page,
      "window.heard.playing && window.heard.sound && window.heard",
    );
    playingMs.push(playing - click);
    soundMs.push(sound - click);
    await page.keyboard.press("k");
    await until(page, "window.sounds.every(({ paused }) => paused)");
    await page.waitForTimeout(300);
  }
  return { playingMs, soundMs };
}

/** Playwright's own waiting asks by `eval`, which the page's policy forbids. */
async function until<T>(page: Page, expression: string): Promise<T> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const found = await page.evaluate(expression);
    if (found) return found as T;
    await page.waitForTimeout(LOOK_MS);
  }
  throw new Error(`${expression} has not come true.`);
}

interface Heard {
  readonly click: number;
  readonly playing: number;
  readonly sound: number;
}

/**
 * Notes when the second press of a double click comes, when an element says that it plays, and when
 * the first block with a sample in it leaves the page: blocks of 256 samples, under 6 ms each.
 */
const LISTEN = `
  window.sounds = [];
  window.heard = {};
  window.Audio = new Proxy(window.Audio, {
    construct: (Original, given) => {
      const sound = new Original(...given);
      sound.addEventListener("playing", () => { window.heard.playing ??= performance.now(); });
      window.sounds.push(sound);
      return sound;
    },
  });
  window.noteClick = () => { window.heard = {}; };
  addEventListener("dblclick", () => { window.heard.click = performance.now(); }, true);
  window.startListening = async () => {
    const context = new AudioContext();
    await context.resume();
    const listener = context.createScriptProcessor(256, 1, 1);
    listener.onaudioprocess = ({ inputBuffer }) => {
      if (window.heard.click === undefined || window.heard.sound) return;
      const isLoud = inputBuffer.getChannelData(0).some((sample) => Math.abs(sample) > 0.001);
      if (isLoud) window.heard.sound = performance.now();
    };
    for (const sound of window.sounds) context.createMediaElementSource(sound).connect(listener);
    listener.connect(context.destination);
  };
`;
