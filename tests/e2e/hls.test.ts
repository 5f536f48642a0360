import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestFolder } from "#tests/support/deps.ts";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { lookAt, openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, type StorageWorld } from "#tests/support/world.ts";
import { murmur } from "#tests/transcoding/sound.ts";
import { expectMusic, rowOf, signIn } from "./people.ts";

requireFfmpeg();

const ON = { HLS_STREAMING: "1" };
const SCREENS = join(import.meta.dirname, "../output/screens");
const LONG = { timeout: 300_000 };
const song = await murmur(120, "song.flac");

interface Listening extends Person {
  readonly world: StorageWorld;
  /** Paths that were asked for, of recordings. */
  readonly asked: string[];
}

/** Anna in front of her library, of two songs of two minutes. */
async function annaListens(environment: Readonly<Record<string, string>>): Promise<Listening> {
  const world = await annasStorage(
    (cloud) => {
      cloud.tree.put("first.flac", song);
      cloud.tree.put("second.flac", song);
    },
    { server: { environment } },
  );
  const path = `/b/${world.bandId}/library`;
  const anna = await openPage(world.server.baseUrl, path, await startBrowser());
  const asked: string[] = [];
  anna.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await signIn(anna);
  await rowOf(anna, "first").waitFor();
  return { ...anna, world, asked };
}

const player = ({ page }: Person) => page.getByRole("region", { name: "Player" });

async function openMenu(anna: Person): Promise<void> {
  await player(anna)
    .getByRole("button", { name: /^Speed/ })
    .click();
  await anna.page.getByRole("menuitemradio", { name: "1×", exact: true }).waitFor();
}

async function choose(anna: Person, name: "Original" | "High" | "Low"): Promise<void> {
  await openMenu(anna);
  await anna.page.getByRole("menuitemradio", { name }).click();
  await anna.page.keyboard.press("Escape");
  await anna.page.getByRole("menuitemradio", { name }).waitFor({ state: "hidden" });
}

/** The same menu in the player of a phone. */
async function lookAtPhone(anna: Person): Promise<void> {
  const { page } = anna;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open the player" }).click();
  const full = page.getByRole("dialog", { name: "Player, whole screen" });
  await full.getByRole("button", { name: /^Speed/ }).click();
  await page.getByRole("menuitemradio", { name: "Original" }).waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: `${SCREENS}/hls-quality-full-${colorScheme}.png` });
  }
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close the player" }).click();
  await full.waitFor({ state: "hidden" });
  await page.setViewportSize({ width: 1440, height: 900 });
}

interface Sounding {
  readonly src: string;
  readonly at: number;
  readonly length: number;
}

/** What is heard at the moment. */
const sounding = ({ page }: Person): Promise<Sounding | null> =>
  page.evaluate(`{
    const sound = window.sounds.find((each) => !each.paused && each.readyState > 2);
    sound ? { src: sound.src, at: sound.currentTime, length: sound.duration } : null;
  }`);

const expectSource = (anna: Person, start: string | RegExp): Promise<void> =>
  expect.poll(async () => (await sounding(anna))?.src ?? "", { timeout: 60_000 }).toMatch(start);

/** By the player's own slider, in steps of its keys. */
async function seekTo(anna: Person, seconds: number): Promise<void> {
  const slider = player(anna).getByRole("slider", { name: "Position" });
  await slider.focus();
  await slider.evaluate((element, value) => {
    const input = element as unknown as { value: string; dispatchEvent(event: unknown): void };
    const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value") ?? {};
    set?.call(input, String(value));
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  }, seconds);
}

test(
  "where the server makes segments people choose how good it sounds, and hear it from any place",
  LONG,
  async () => {
    const anna = await annaListens(ON);
    await rowOf(anna, "first").dblclick();
    await expectMusic(anna);
    await expectSource(anna, /\/stream\//);
    expect(anna.asked.filter((path) => path.startsWith("/hls/"))).toEqual([]);

    await openMenu(anna);
    await anna.page.getByRole("menuitemradio", { name: "Original" }).waitFor();
    await lookAt(anna, "hls-quality");
    await anna.page.keyboard.press("Escape");
    await lookAtPhone(anna);
    await choose(anna, "Low");
    await expectSource(anna, /^blob:/);
    await expectMusic(anna);
    expect((await sounding(anna))?.length).toBeCloseTo(120, 0);
    expect(anna.asked.filter((path) => /\/low-opus\/\d+\.m4s$/.test(path)).length).toBeGreaterThan(
      0,
    );
    await expect
      .poll(() => anna.asked.filter((path) => /hls\.light.*\.js$/.test(path)).length)
      .toBe(1);

    await seekTo(anna, 100);
    await expect
      .poll(async () => (await sounding(anna))?.at ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(100);
    expect((await sounding(anna))?.at).toBeLessThan(118);
    expect(anna.asked.filter((path) => path.endsWith("/12.m4s")).length).toBe(1);

    // It is remembered, and one may go back.
    await anna.page.reload();
    await rowOf(anna, "second").dblclick();
    await expectSource(anna, /^blob:/);
    await choose(anna, "Original");
    await expectSource(anna, /\/stream\//);
    expect(anna.complaints).toEqual([]);
  },
);

test(
  "where it is off nobody is offered anything, and a choice from before does no harm",
  LONG,
  async () => {
    const anna = await annaListens({});
    await anna.page.evaluate(`localStorage.setItem("backline.quality", '"low"')`);
    await anna.page.reload();
    await rowOf(anna, "first").dblclick();
    await expectSource(anna, /\/stream\//);
    await expectMusic(anna);
    await openMenu(anna);
    expect(anna.asked.some((path) => path.includes("system.info"))).toBe(true);
    expect(await anna.page.getByRole("menuitemradio", { name: "Low" }).count()).toBe(0);
    expect(anna.asked.filter((path) => /^\/hls\/|hls\.light/.test(path))).toEqual([]);
    expect(anna.complaints).toEqual([]);
  },
);

test("where ffmpeg makes nothing the file plays", LONG, async () => {
  const folder = await createTestFolder();
  const script = `#!/bin/sh\n[ "$2" = -encoders ] && echo ' A....D aac  AAC' && exit 0\nexit 1\n`;
  await writeFile(join(folder, "ffmpeg"), script);
  await chmod(join(folder, "ffmpeg"), 0o755);
  const anna = await annaListens({ ...ON, PATH: folder });
  await rowOf(anna, "first").dblclick();
  await expectMusic(anna);
  await choose(anna, "High");
  await expect
    .poll(() => anna.asked.some((path) => path.startsWith("/hls/")), { timeout: 60_000 })
    .toBe(true);
  await expectSource(anna, /\/stream\//);
  await expectMusic(anna);
  expect(await anna.page.getByText("Skipped").count()).toBe(0);
});

test.each([
  ["a list that is not there", 404],
  ["a server that fails", 500],
] as const)(
  "%s is no silence: the file goes on from the same place",
  LONG,
  async (_what, status) => {
    const anna = await annaListens(ON);
    let refused = 0;
    await anna.page.route("**/hls/**", (route) => {
      refused += 1;
      return route.fulfill({ status, body: "nothing" });
    });
    await rowOf(anna, "first").dblclick();
    await expectMusic(anna);
    await seekTo(anna, 60);
    await expect
      .poll(async () => (await sounding(anna))?.at ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(60);
    await choose(anna, "High");
    await expect.poll(() => refused, { timeout: 60_000 }).toBeGreaterThan(0);
    await expectSource(anna, /\/stream\//);
    await expect
      .poll(async () => (await sounding(anna))?.at ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(60);

    await anna.page.unroute("**/hls/**");
    await player(anna).getByRole("button", { name: "Next track" }).click();
    await expectSource(anna, /^blob:/);
    await expectMusic(anna);
  },
);

test(
  "when the network goes and comes back it goes on from there, in the same quality",
  LONG,
  async () => {
    const anna = await annaListens(ON);
    await rowOf(anna, "first").dblclick();
    await expectMusic(anna);
    await choose(anna, "Low");
    await expectSource(anna, /^blob:/);
    await expectMusic(anna);
    await anna.context.setOffline(true);
    await seekTo(anna, 100);
    await player(anna).getByText("The network is down").waitFor({ timeout: 120_000 });
    await anna.context.setOffline(false);

    await expect
      .poll(async () => (await sounding(anna))?.at ?? 0, { timeout: 120_000 })
      .toBeGreaterThan(100);
    expect(await sounding(anna)).toMatchObject({ src: expect.stringMatching(/^blob:/) });
    await player(anna).getByText("The network is down").waitFor({ state: "hidden" });
  },
);
