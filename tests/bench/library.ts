import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "#tests/support/browser.ts";
import { type Bench, findDatabase, startBacklineBench } from "./backline.ts";
import { fillLibrary } from "./large-library.ts";
import { type Figure, ms, quantile } from "./table.ts";

/** `BENCH_TRACKS=1000000` takes some minutes to fill. */
const TRACKS = Number(process.env.BENCH_TRACKS ?? 100_000);
const ASKS = 40;
const LIMIT_MS = 50;
const SCROLLS = 200;

/** The list and its search, as a client waits for them, and a recorded scroll. */
export async function benchLibrary(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "backline-bench-library-"));
  const bench = await startBacklineBench(dataDir);
  try {
    const { id } = await bench.admin.api.connections.createDemo.mutate({ bandId: bench.bandId });
    await fillLibrary(await findDatabase(dataDir), bench.bandId, id, TRACKS);
    const best = { sort: "relevance" } as const;
    const lists = {
      "first page by artist": {},
      "first page by title, descending": { sort: "title", direction: "descending" },
      "first page by album": { sort: "album" },
      "search, the most common word": { ...best, search: "the" },
      "search, a common word": { ...best, search: "river" },
      "search, two common words": { ...best, search: "love river" },
      "search, words and a number": { ...best, search: "take 12" },
      "search, one letter": { ...best, search: "r" },
      "search, two letters": { ...best, search: "ba" },
      "search, one recording": { ...best, search: "7777" },
      "search, nothing": { ...best, search: "xylophone" },
      "search, a misspelt word": { ...best, search: "rvier" },
      "search by title, two words": { sort: "title", search: "love river" },
    } as const;
    const figures: Figure[] = [{ what: "tracks", measured: TRACKS.toLocaleString("en") }];
    for (const [what, list] of Object.entries(lists)) {
      const ask = () =>
        bench.admin.api.library.tracks.list.query({ bandId: bench.bandId, ...list });
      figures.push(await time(what, ask));
    }
    for (const search of ["river", "r", "rvier"]) {
      const ask = () => bench.admin.api.library.search.query({ bandId: bench.bandId, search });
      figures.push(await time(`artists, albums, genres, folders: “${search}”`, ask));
    }
    figures.push(...(await recordScroll(bench)));
    return figures;
  } finally {
    await bench.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function time(what: string, ask: () => Promise<unknown>): Promise<Figure> {
  const took: number[] = [];
  for (let asked = 0; asked < ASKS; asked += 1) {
    const startedMs = performance.now();
    await ask();
    took.push(performance.now() - startedMs);
  }
  took.sort((left, right) => left - right);
  const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
  return {
    what,
    measured: `p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: `${LIMIT_MS} ms`,
    isMet: p99 < LIMIT_MS,
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
