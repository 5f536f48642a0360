import { expect, test } from "vitest";
import { lookAt, openPage, playheadSeconds, startBrowser } from "#tests/support/screen.ts";
import { annasStorage } from "#tests/support/world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { expectMusic, rowOf, signIn } from "./people.ts";

test("somebody practises a part, slowly, and falls asleep to the rest", async () => {
  const world = await annasStorage((cloud) => {
    for (let take = 1; take <= 2; take += 1) {
      cloud.tree.put(`Live/take ${take}.wav`, quietThenLoud(120));
    }
  });
  const anna = await openPage(
    world.server.baseUrl,
    `/b/${world.bandId}/library`,
    await startBrowser(),
  );
  const { page } = anna;
  await signIn(anna);
  await rowOf(anna, "take 1").dblclick();
  await expectMusic(anna);
  const player = page.getByRole("region", { name: "Player" });
  await player.getByRole("button", { name: "Speed, now 1×" }).click();
  await page.getByRole("menuitemradio", { name: "0.5×" }).click();
  await player.getByRole("button", { name: "Speed, now 0.5×" }).waitFor();
  const sounds = await page.evaluate(
    "window.sounds.slice(0, 2).map((sound) => [sound.playbackRate, sound.preservesPitch])",
  );
  expect(sounds, "slower, and as high as before").toEqual([
    [0.5, true],
    [0.5, true],
  ]);

  const slider = player.getByRole("slider", { name: "Position" });
  await slider.focus();
  await page.keyboard.press("PageUp");
  await expect.poll(() => playheadSeconds(page)).toBeGreaterThan(12);
  await page.keyboard.press("a");
  await expect.poll(() => playheadSeconds(page), { timeout: 30_000 }).toBeGreaterThan(13.5);
  await page.keyboard.press("b");
  const more = player.getByRole("button", { name: "Loop, sleep timer and sound" });
  await more.click();
  const choices = page.getByRole("dialog", { name: "Loop, sleep timer and sound" });
  await choices.getByRole("button", { name: "Loop to here (B)", pressed: true }).waitFor();
  // Three times the length of the part, so that it must have turned back.
  const places: number[] = [];
  for (let look = 0; look < 45; look += 1) {
    places.push(await playheadSeconds(page));
    await page.waitForTimeout(200);
  }
  const turns = places.filter((place, at) => at > 0 && place < (places[at - 1] ?? 0) - 0.5);
  expect(turns.length, places.map((place) => place.toFixed(1)).join(" ")).toBeGreaterThan(1);
  expect(Math.max(...places)).toBeLessThan(16);

  const endOf = choices.locator("[data-loop=to]");
  const before = await endOf.innerText();
  await choices.getByRole("button", { name: "End later" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => endOf.innerText()).not.toBe(before);
  await choices.getByLabel("Sleep timer").selectOption("In 15 minutes");
  await choices.getByLabel("Crossfade").focus();
  await page.keyboard.press("ArrowRight");
  await choices.getByText("1 second", { exact: true }).waitFor();
  await choices.getByText("Albums", { exact: true }).click();
  await lookAt(anna, "player-choices");

  // It was narrow meanwhile, where the player is another one.
  await more.click();
  await choices.getByRole("button", { name: "Cancel the sleep timer" }).click();
  await expect.poll(() => choices.getByLabel("Sleep timer").inputValue()).toBe("off");
  await choices.getByLabel("Sleep timer").selectOption("At the end of this track");
  await choices.getByRole("button", { name: "Loop from here (A)" }).click();
  await expect.poll(() => page.locator("[data-loop-marks]").count()).toBe(0);
  await page.keyboard.press("Escape");
  await choices.waitFor({ state: "hidden" });
  await slider.focus();
  await page.keyboard.press("End");
  await player.getByRole("button", { name: "Play", exact: true }).waitFor({ timeout: 30_000 });
  await player.getByRole("link", { name: "take 1" }).waitFor();
  await more.waitFor();

  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open the player" }).click();
  const full = page.getByRole("dialog", { name: "Player, whole screen" });
  await full.getByRole("button", { name: "Loop, sleep timer and sound" }).click();
  await choices.getByRole("button", { name: "Loop to here (B)" }).click();
  await lookAt(anna, "player-choices-full");
  await page.reload();
  await page.getByRole("button", { name: "Loop, sleep timer and sound" }).click();
  await choices.getByText("1 second", { exact: true }).waitFor();
  expect(await choices.getByRole("radio", { name: "Albums" }).isChecked()).toBe(true);
  expect(anna.complaints).toEqual([]);
}, 300_000);
