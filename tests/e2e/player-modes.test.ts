import { expect, test } from "vitest";
import { lookAt, openPage, startBrowser } from "#tests/support/screen.ts";
import { annasStorage } from "#tests/support/world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { rowOf, signIn } from "./people.ts";

test("people shuffle and repeat what plays, by button and by key, and find it so again", async () => {
  const world = await annasStorage((cloud) => {
    for (let take = 1; take <= 6; take += 1) {
      cloud.tree.put(`Live/take ${take}.wav`, quietThenLoud(30 + take));
    }
  });
  const anna = await openPage(
    world.server.baseUrl,
    `/b/${world.bandId}/library`,
    await startBrowser(),
  );
  const { page } = anna;
  await signIn(anna);
  await rowOf(anna, "take 3").dblclick();
  const player = page.getByRole("region", { name: "Player" });
  await player.getByText("take 3").waitFor();

  const shuffle = player.getByRole("button", { name: "Shuffle" });
  await shuffle.click();
  expect(await shuffle.getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("r");
  await player.getByRole("button", { name: "Repeat: all" }).waitFor();
  await player.getByRole("button", { name: "Queue" }).click();
  const queue = page.getByRole("dialog", { name: "Up next" });
  await queue.getByRole("listitem").nth(5).waitFor();
  expect(await queue.getByRole("listitem").first().innerText()).toContain("take 3");
  await lookAt(anna, "player-modes-queue");
  await page.keyboard.press("Escape");
  await queue.waitFor({ state: "hidden" });

  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open the player" }).click();
  const full = page.getByRole("dialog", { name: "Player, whole screen" });
  await full.getByRole("button", { name: "Repeat: all" }).click();
  await full.getByRole("button", { name: "Repeat: this one" }).waitFor();
  await lookAt(anna, "player-modes-full");

  await page.reload();
  await page.getByRole("button", { name: "Shuffle" }).waitFor();
  await page.getByRole("button", { name: "Repeat: this one" }).waitFor();
  expect(await page.getByRole("button", { name: "Shuffle" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  expect(anna.complaints).toEqual([]);
}, 120_000);
