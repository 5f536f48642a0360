import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ffmpeg, requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { rowOf, signIn } from "./people.ts";
import { longestSilence, readRecording, startRecording } from "./recorder.ts";

requireFfmpeg();

const LONG = { timeout: 300_000 };
const TAKES = [1, 2, 3, 4] as const;
const TAKE_SECONDS = 4;
const MOST_SILENT_MS = 30;
const IN_SEGMENTS = /^blob:/;

/** Takes that follow each other without a pause, on a server that makes segments. */
const annasTakes = (): Promise<StorageWorld> =>
  annasStorage(
    (cloud) => {
      for (const take of TAKES) {
        cloud.tree.put(`Live/take ${take}.wav`, quietThenLoud(TAKE_SECONDS, 44_100));
      }
    },
    { server: { environment: { HLS_STREAMING: "1" } } },
  );

/** Set in this browser before, which a page reads when it is opened. */
async function prefer({ page }: Person, name: string, value: unknown): Promise<void> {
  await page.evaluate(`localStorage.setItem("backline.${name}", '${JSON.stringify(value)}')`);
  await page.reload();
}

/** What a browser says that plays AAC only. */
const NO_OPUS = `{
  const isSupported = MediaSource.isTypeSupported.bind(MediaSource);
  MediaSource.isTypeSupported = (type) => !type.includes("opus") && isSupported(type);
}`;

/** As what the segments that are asked for were made. */
function noteKinds({ page }: Person): ReadonlySet<string> {
  const kinds = new Set<string>();
  page.on("request", (request) => {
    const [, kind] = /\/([a-z-]+)\/\d+\.m4s/.exec(request.url()) ?? [];
    if (kind) kinds.add(kind);
  });
  return kinds;
}

const sourcesHeard = (page: Page): Promise<string[]> =>
  page.evaluate("window.sounds.filter(({ paused }) => !paused).map(({ src }) => src)");

/** The same, but for what only waits for its bytes. */
const playingOf = (page: Page): Promise<string[]> =>
  page.evaluate(
    "window.sounds.filter((each) => !each.paused && each.readyState > 2).map(({ src }) => src)",
  );

/**
 * From the first take on to the last.
 *
 * @param waitFor - for the title of what plays.
 * @returns the longest silence around each join, in milliseconds.
 */
async function hearJoins(
  { page }: Person,
  waitFor: (title: string) => Promise<void>,
  source: RegExp,
): Promise<number[]> {
  const silences: number[] = [];
  let from = 0;
  for (const take of TAKES.slice(1)) {
    await waitFor(`take ${take}`);
    // A second of the next one, so that the join lies within.
    await page.waitForTimeout(1_000);
    const heard = await sourcesHeard(page);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(source);
    const { peaks, blockMs } = await readRecording(page);
    silences.push(Math.round(longestSilence({ peaks: peaks.slice(from), blockMs })));
    from = peaks.length;
  }
  return silences;
}

/** A machine that is busy may be late once. */
function expectNoGap(silences: readonly number[]): void {
  const middle = silences.toSorted((left, right) => left - right)[Math.floor(silences.length / 2)];
  expect(middle, `silences of ${silences} ms`).toBeLessThanOrEqual(MOST_SILENT_MS);
}

test.each([
  ["as they are", "original", /\/stream\//],
  ["in segments", "high", IN_SEGMENTS],
] as const)(
  "one track follows the other without a silence that one hears, %s",
  LONG,
  async (_how, quality, source) => {
    const world = await annasTakes();
    const { baseUrl } = world.server;
    const anna = await openPage(baseUrl, `/b/${world.bandId}/library`, await startBrowser());
    await anna.context.addInitScript(NO_OPUS);
    const kinds = noteKinds(anna);
    await prefer(anna, "quality", quality);
    await signIn(anna);
    await rowOf(anna, "take 1").waitFor();
    await startRecording(anna.page);
    await rowOf(anna, "take 1").dblclick();
    const player = anna.page.getByRole("region", { name: "Player" });
    const waitFor = (name: string) => player.getByRole("link", { name }).waitFor(LONG);
    expectNoGap(await hearJoins(anna, waitFor, source));
    expect([...kinds]).toEqual(quality === "original" ? [] : ["high-aac"]);
    expect(anna.complaints).toEqual([]);
  },
);

test(
  "nor for the guest of a link to a playlist, who may choose how good it sounds",
  LONG,
  async () => {
    const world = await annasTakes();
    const { playlists, shares } = world.anna.api.playback;
    const trackIds = (await listTracks(world)).map(({ id }) => id);
    const { id: playlistId } = await playlists.create.mutate({
      ...{ bandId: world.bandId, name: "For Ben", trackIds },
    });
    const terms = { expiresAt: null, playLimit: null, canDownload: false, canComment: false };
    const link = await shares.create.mutate({ playlistId, terms, password: null });
    const { baseUrl } = world.server;
    const browser = await startBrowser();
    const guest = await openPage(baseUrl, link.path, browser);
    const { page } = guest;
    await page.getByRole("button", { name: /^Speed/ }).click();
    await page.getByRole("menuitemradio", { name: "Low" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("menuitemradio", { name: "Low" }).waitFor({ state: "hidden" });
    await startRecording(page);
    const current = page.locator("[aria-current=true]");
    const waitFor = (title: string) => current.filter({ hasText: title }).waitFor(LONG);
    const kinds = noteKinds(guest);
    await page.getByRole("button", { name: /^Play .*take 1/ }).click();
    expectNoGap(await hearJoins(guest, waitFor, IN_SEGMENTS));
    expect([...kinds]).toEqual(["low-opus"]);
    const { shares: listed } = await shares.list.query({ bandId: world.bandId });
    expect(listed.map(({ playCount }) => playCount)).toEqual([TAKES.length]);

    const numbered = { ...terms, playLimit: 10 };
    const few = await shares.create.mutate({ playlistId, terms: numbered, password: null });
    const other = await openPage(baseUrl, few.path, browser);
    const heardWhenCounted: Promise<string[]>[] = [];
    other.page.on("request", (request) => {
      if (request.url().includes("beginListen")) heardWhenCounted.push(playingOf(other.page));
    });
    await other.page.getByRole("button", { name: /^Play .*take 1/ }).click();
    const rows = other.page.locator("[aria-current=true]");
    await rows.filter({ hasText: "take 2" }).waitFor(LONG);
    await expect.poll(() => heardWhenCounted.length, LONG).toBe(2);
    expect(await Promise.all(heardWhenCounted), "a listen is spent on what may be heard").toEqual([
      [],
      [],
    ]);
    expect([...guest.complaints, ...other.complaints]).toEqual([]);
  },
);

const TONES_HZ = [440, 1_500] as const;
const GAINS_DB = [-12, 0] as const;
const FADE_SECONDS = 3;

const tone = (hz: number, gainDb: number): Promise<Buffer> =>
  ffmpeg([
    ...["-f", "lavfi", "-i", `sine=frequency=${hz}:sample_rate=44100:duration=8,volume=12dB`],
    ...["-ac", "2", "-metadata", `REPLAYGAIN_TRACK_GAIN=${gainDb.toFixed(2)} dB`, "-f", "flac"],
  ]);

test(
  "both are heard while one fades into the other, each as loud as its tags say",
  LONG,
  async () => {
    const files = await Promise.all(TONES_HZ.map((hz, at) => tone(hz, GAINS_DB[at] ?? 0)));
    const world = await annasStorage((cloud) => {
      for (const [at, bytes] of files.entries()) cloud.tree.put(`tone ${at + 1}.flac`, bytes);
    });
    const { baseUrl } = world.server;
    const anna = await openPage(baseUrl, `/b/${world.bandId}/library`, await startBrowser());
    const { page } = anna;
    const modes = { crossfadeSeconds: FADE_SECONDS, levelling: "track" };
    await prefer(anna, "player-modes", modes);
    await signIn(anna);
    await rowOf(anna, "tone 1").waitFor();
    await startRecording(page, TONES_HZ);
    await rowOf(anna, "tone 1").dblclick();
    const player = page.getByRole("region", { name: "Player" });
    await player.getByRole("link", { name: "tone 2" }).waitFor(LONG);
    await expect
      .poll(async () => (await readRecording(page)).tones[0]?.at(-1), LONG)
      .toBeLessThan(0.0001);
    await page.waitForTimeout(1_000);

    const { tones, toneBlockMs } = await readRecording(page);
    const [first = [], second = []] = tones;
    const [firstFull, secondFull] = [Math.max(...first), Math.max(...second)];
    expect(20 * Math.log10(secondFull / firstFull)).toBeCloseTo(GAINS_DB[1] - GAINS_DB[0], 0);
    const shares = first.map(
      (each, at) => [each / firstFull, (second[at] ?? 0) / secondFull] as const,
    );
    const overlap = shares.filter(([left, right]) => left > 0.1 && right > 0.1);
    // A fade has a tenth of its loudness at 6 % of its way.
    expect((overlap.length * toneBlockMs) / 1000).toBeGreaterThan(FADE_SECONDS * 0.6);
    expect((overlap.length * toneBlockMs) / 1000).toBeLessThan(FADE_SECONDS * 1.3);
    for (const [left, right] of overlap) expect(Math.hypot(left, right)).toBeCloseTo(1, 0);
    expect(anna.complaints).toEqual([]);
  },
);
