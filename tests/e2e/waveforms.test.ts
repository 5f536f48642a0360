import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createTools } from "#server/waveforms/drawing.ts";
import { lookAt, openPage, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";
import { drawAll } from "#tests/waveforms/drawing-world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { signIn } from "./people.ts";

const SECONDS = 40;

/** How many pixels of a drawing's left and of its right half are drawn, by colour. */
const drawnIn = (page: Page, region: string) =>
  page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(`${region} canvas[data-waveform]`)});
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const accent = getComputedStyle(canvas).getPropertyValue("--accent").trim();
    const wanted = [1, 3, 5].map((at) => parseInt(accent.slice(at, at + 2), 16));
    const seen = { quiet: 0, loud: 0, played: 0, of: 0 };
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 128) continue;
      const x = (at / 4) % width;
      seen[x < width / 2 ? "quiet" : "loud"] += 1;
      seen.of += 1;
      if (wanted.every((value, index) => Math.abs(value - data[at + index]) < 8)) seen.played += 1;
    }
    return seen;
  })()`) as Promise<{ quiet: number; loud: number; played: number; of: number }>;

test("people see how loud it is where, and play from where they click", async () => {
  const world = await annasStorage((cloud) =>
    cloud.tree.put("Live/take 1.wav", quietThenLoud(SECONDS)),
  );
  const track = await trackAt(world, "Live/take 1.wav");
  const anna = await openPage(world.server.baseUrl, "/icon.svg", await startBrowser());
  const { page } = anna;
  await page.goto(`/b/${world.bandId}/tracks/${track.id}`);
  await signIn(anna);
  await page.getByText("The waveform is being made").waitFor();
  await page.waitForTimeout(200);
  const factsAt = async () => (await page.getByText("Live/take 1.wav").boundingBox())?.y;
  const before = await factsAt();

  expect(await drawAll(world.server.deps, createTools(null))).toBe(1);
  const region = '[aria-label="Waveform"]';
  await page.locator(`${region} canvas`).waitFor();
  expect(await factsAt()).toBe(before);
  const large = await drawnIn(page, region);
  expect(large.quiet).toBeGreaterThan(100);
  expect(large.loud).toBeGreaterThan(5 * large.quiet);
  expect(large.played).toBe(0);

  const slider = page.getByRole("slider", { name: "Position in “take 1”" });
  const box = await slider.boundingBox();
  if (!box) throw new Error("There is no slider.");
  await page.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
  const position = page.getByRole("slider", { name: "Position", exact: true });
  const positionOf = async () => Number(await position.inputValue());
  await expect.poll(positionOf).toBeGreaterThan(SECONDS * 0.74);
  expect(await positionOf()).toBeLessThan(SECONDS * 0.85);
  await expect.poll(async () => (await drawnIn(page, region)).played).toBeGreaterThan(large.quiet);

  const bar = '[aria-label="Player"]';
  const small = await drawnIn(page, bar);
  expect(small.loud).toBeGreaterThan(5 * small.quiet);
  expect(small.played).toBeGreaterThan(small.quiet);
  const lane = await position.boundingBox();
  if (!lane) throw new Error("There is no player.");
  await page.mouse.move(lane.x + lane.width / 2, lane.y + lane.height / 2);
  await page.locator(bar).getByText("0:20", { exact: true }).waitFor();
  await page.mouse.click(lane.x + lane.width / 4, lane.y + lane.height / 2);
  await expect.poll(positionOf).toBeLessThan(SECONDS * 0.35);
  await position.press("Home");
  await expect.poll(positionOf).toBeLessThan(5);

  await page.getByRole("button", { name: "Pause" }).first().click();
  await lookAt(anna, "waveform-track");
  for (let times = 0; times < 3; times += 1) {
    await page.getByRole("button", { name: "Zoom in" }).click();
  }
  await page.waitForTimeout(300);
  // Around the middle, where it becomes loud.
  const near = await drawnIn(page, region);
  expect(near.loud).toBeGreaterThan(3 * near.quiet);
  await lookAt(anna, "waveform-zoomed");
  expect(anna.complaints).toEqual([]);

  const terms = { expiresAt: null, playLimit: null, canDownload: false };
  const { path } = await world.anna.api.playback.shares.create.mutate({
    trackId: track.id,
    terms,
    password: null,
  });
  const guest = await openPage(world.server.baseUrl, path, await startBrowser());
  await guest.page.locator("canvas[data-waveform]").waitFor();
  const shared = await drawnIn(guest.page, "main");
  expect(shared.loud).toBeGreaterThan(5 * shared.quiet);
  await lookAt(guest, "waveform-shared");
  expect(guest.complaints).toEqual([]);
}, 120_000);
