import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import type { ListTracks } from "#contract/library.ts";
import { refusalOf } from "#sdk/index.ts";
import { findBrowser } from "#tests/support/browser.ts";
import { type Bench, findDatabase, startBacklineBench } from "./backline.ts";
import { fillLibrary, listWords } from "./large-library.ts";
import { type Figure, ms, quantile } from "./table.ts";

/** `BENCH_TRACKS=1000000` takes some minutes to fill. */
const TRACKS = Number(process.env.BENCH_TRACKS ?? 100_000);
/** Of each kind; what one asks for is another thing each time, where there are others. */
const ASKS = 50;
const LIMIT_MS = 50;
const SCROLLS = 200;

type List = Partial<Omit<ListTracks, "bandId">>;

/** The list and its search, as a client waits for them, and a recorded scroll. */
export async function benchLibrary(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "backline-bench-library-"));
  const bench = await startBacklineBench(dataDir);
  try {
    const { id } = await bench.admin.api.connections.createDemo.mutate({ bandId: bench.bandId });
    const begunMs = performance.now();
    await fillLibrary(await findDatabase(dataDir), bench.bandId, id, TRACKS);
    const seconds = (performance.now() - begunMs) / 1000;
    const figures: Figure[] = [
      { what: "tracks", measured: TRACKS.toLocaleString("en") },
      { what: "filled in", measured: `${seconds.toFixed(0)} s` },
    ];
    const { bandId } = bench;
    for (const [what, lists] of Object.entries(toLists())) {
      figures.push(
        await time(what, lists, (list) =>
          bench.admin.api.library.tracks.list.query({ bandId, ...list }),
        ),
      );
    }
    for (const [what, searches] of Object.entries(toSearches())) {
      figures.push(
        await time(`artists, albums, genres, folders: ${what}`, searches, (search) =>
          bench.admin.api.library.search.query({ bandId, search }),
        ),
      );
    }
    figures.push(...(await recordScroll(bench)));
    return figures;
  } finally {
    await bench.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** What people type, of each kind several. */
function toSearches(): Readonly<Record<string, readonly string[]>> {
  const words = listWords();
  /** From common ones to rare ones. */
  const some = Array.from({ length: 50 }, (_, at) => words[20 + at * at * 4] ?? "");
  const long = some.filter((word) => word.length >= 6);
  return {
    "a word": some,
    "the most common word": ["the"],
    "two common words": ["love river", "night you", "take live"],
    "words and a number": ["take 12", "take 7", "love 99"],
    "one letter": [..."abdeklmnprstvw"],
    "two letters": ["ba", "ri", "mo", "te", "lu"],
    "the beginning of a word": long.map((word) => word.slice(0, 4)),
    "with an accent": ["café", "cafe", "élan", "elan", "rivér"],
    "one recording": ["777", "901", "512"],
    nothing: ["xylophone", "quartzx"],
    "a misspelt word": ["rvier", ...long.map(toMisspelt)],
    "a misspelt word among others": long.map((word) => `love ${toMisspelt(word)}`),
  };
}

/** Two letters change places. */
const toMisspelt = (word: string): string =>
  `${word.slice(0, 2)}${word[3]}${word[2]}${word.slice(4)}`;

function toLists(): Readonly<Record<string, readonly List[]>> {
  const searches = Object.entries(toSearches()).map(([what, each]): [string, readonly List[]] => [
    `search, ${what}`,
    each.map((search) => ({ sort: "relevance", search })),
  ]);
  return {
    "first page by artist": [{}],
    "first page by title, descending": [{ sort: "title", direction: "descending" }],
    "first page by album": [{ sort: "album" }],
    ...Object.fromEntries(searches),
    "search by title, two words": [{ sort: "title", search: "love river" }],
  };
}

/** Those that come first count as well: so it is for people. */
async function time<Asked>(
  what: string,
  asked: readonly Asked[],
  ask: (each: Asked) => Promise<unknown>,
): Promise<Figure> {
  const took: number[] = [];
  while (took.length < ASKS) {
    const each = asked[took.length % asked.length] as Asked;
    const startedMs = performance.now();
    try {
      await ask(each);
      took.push(performance.now() - startedMs);
    } catch (error) {
      // One account may ask so often in a minute and no more.
      const refusal = refusalOf(error);
      if (refusal?.code !== "rate_limited") throw error;
      await sleep((refusal.retryAfterSeconds ?? 1) * 1000);
    }
  }
  took.sort((left, right) => left - right);
  const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
  return {
    what,
    measured: `p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: `p99 ≤ ${LIMIT_MS} ms`,
    isMet: p99 <= LIMIT_MS,
  };
}

/** The wheel through the list; what counts is the longest time between two frames. */
async function recordScroll(bench: Bench): Promise<Figure[]> {
  const executablePath = await findBrowser();
  if (executablePath === undefined) return [{ what: "scrolling", measured: "no browser found" }];
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const frames = await scroll(browser, bench);
    frames.sort((left, right) => left - right);
    const longest = frames.at(-1) ?? Number.NaN;
    return [
      {
        what: "scrolling: frames",
        measured: `p50 ${ms(quantile(frames, 0.5))}, p99 ${ms(quantile(frames, 0.99))}`,
      },
      {
        what: "scrolling: longest frame",
        measured: ms(longest),
        target: "50 ms",
        isMet: longest <= 50,
      },
    ];
  } finally {
    await browser.close();
  }
}

async function scroll(browser: Browser, { baseUrl, bandId }: Bench): Promise<number[]> {
  const page = await browser.newPage({ baseURL: baseUrl, viewport: { width: 1440, height: 900 } });
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill("anna@band.example");
  await page.getByLabel("Password", { exact: true }).fill("seven blue trombones");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/b\//);
  await page.goto(`/b/${bandId}/library`);
  await page
    .getByText(/ take \d+/)
    .first()
    .waitFor();
  await page.mouse.move(800, 500);
  await page.evaluate(`
    window.frames_ = [];
    let last = performance.now();
    const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  `);
  for (let step = 0; step < SCROLLS; step += 1) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(16);
  }
  return page.evaluate("window.frames_.slice(5)");
}
