import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import postgres from "postgres";
import { createId } from "#server/base/ids.ts";
import { toSortKeys } from "#server/library/sort-keys.ts";
import { findBrowser } from "#tests/support/browser.ts";
import { type Bench, findDatabase, startBacklineBench } from "./backline.ts";
import { type Figure, ms, quantile } from "./table.ts";

const TRACKS = 100_000;
const ASKS = 40;
const LIMIT_MS = 50;
const SCROLLS = 200;

const WORDS =
  "river stone harbour winter lantern copper signal hollow garden tide mirror ember north velvet paper".split(
    " ",
  );

/** The list and its search with 100,000 tracks, as a client waits for them, and a recorded scroll. */
export async function benchLibrary(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "backline-bench-library-"));
  const bench = await startBacklineBench(dataDir);
  try {
    const { id } = await bench.admin.api.connections.createDemo.mutate({ bandId: bench.bandId });
    await fill(dataDir, bench, id);
    const lists = {
      "first page by artist": {},
      "first page by title, descending": { sort: "title", direction: "descending" },
      "first page by album": { sort: "album" },
      "search, a common word": { search: "river" },
      "search, two words": { search: "lantern river" },
      "search, one letter": { search: "r" },
      "search, a rare word": { search: "take 77777" },
      "search, nothing": { search: "xylophone" },
    } as const;
    const figures: Figure[] = [];
    for (const [what, list] of Object.entries(lists)) figures.push(await time(bench, what, list));
    figures.push(...(await recordScroll(bench)));
    return figures;
  } finally {
    await bench.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function time({ admin, bandId }: Bench, what: string, list: object): Promise<Figure> {
  const took: number[] = [];
  for (let ask = 0; ask < ASKS; ask += 1) {
    const startedMs = performance.now();
    await admin.api.library.tracks.list.query({ bandId, ...list });
    took.push(performance.now() - startedMs);
  }
  took.sort((left, right) => left - right);
  const [p50, p95] = [quantile(took, 0.5), quantile(took, 0.95)];
  return {
    what,
    measured: `p50 ${ms(p50)}, p95 ${ms(p95)}`,
    target: `${LIMIT_MS} ms`,
    isMet: p50 < LIMIT_MS,
  };
}

/** Straight into the embedded database: what a scan would leave behind. */
async function fill(dataDir: string, { bandId }: Bench, connectionId: string): Promise<void> {
  const sql = postgres({ ...(await findDatabase(dataDir)), max: 1 });
  const pick = (from: number): string => WORDS[from % WORDS.length] ?? "";
  for (let from = 0; from < TRACKS; from += 5_000) {
    const rows = Array.from({ length: 5_000 }, (_, index) => {
      const n = from + index;
      const title = `${pick(n)} ${pick(n * 7 + 3)} take ${n}`;
      const artist = `The ${pick(Math.floor(n / 400))}s ${Math.floor(n / 400)}`;
      const album = `${pick(Math.floor(n / 12))} ${Math.floor(n / 12)}`;
      const path = `${artist}/${album}/${title}.mp3`;
      const durationMs = 60_000 + (n % 300_000);
      const track = { title, artist, album, path, durationMs };
      const place = { discNumber: 1, trackNumber: (n % 12) + 1 };
      const id = createId<string>(new Date());
      return { id, ...track, ...toSortKeys({ ...track, ...place }) };
    });
    await sql`
      insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read, title,
        artist, album, sort_title, sort_artist, sort_album, search_text, sort_duration_ms, duration_ms)
      select r.id, ${bandId}, ${connectionId}, r.path, r.path, 1000, 'present', true, r.title,
        r.artist, r.album, r."sortTitle", r."sortArtist", r."sortAlbum", r."searchText",
        r."sortDurationMs", r."durationMs"
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(id uuid, path text, title text,
        artist text, album text, "sortTitle" text, "sortArtist" text, "sortAlbum" text,
        "searchText" text, "sortDurationMs" int, "durationMs" int)`;
  }
  await sql`analyze tracks`;
  await sql.end();
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
