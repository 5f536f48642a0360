import { expect, test } from "vitest";
import { openPage, startBrowser } from "#tests/support/screen.ts";
import { annasStorage } from "#tests/support/world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { rowOf, signIn } from "./people.ts";
import { longestSilence, readRecording, startRecording } from "./recorder.ts";

const TAKES = 6;
const MOST_SILENT_MS = 30;

test("one track follows the other without a silence that one hears", async () => {
  const world = await annasStorage((cloud) => {
    for (let take = 1; take <= TAKES; take += 1) {
      cloud.tree.put(`Live/take ${take}.wav`, quietThenLoud(6, 44_100));
    }
  });
  const anna = await openPage(
    world.server.baseUrl,
    `/b/${world.bandId}/library`,
    await startBrowser(),
  );
  const { page } = anna;
  await signIn(anna);
  await rowOf(anna, "take 1").waitFor();
  await startRecording(page);
  await rowOf(anna, "take 1").dblclick();
  const player = page.getByRole("region", { name: "Player" });
  const silences: number[] = [];
  let from = 0;
  for (let take = 1; take < TAKES; take += 1) {
    await player.getByRole("link", { name: `take ${take + 1}` }).waitFor({ timeout: 60_000 });
    // A second of the next one, so that the join lies within.
    await page.waitForTimeout(1_000);
    const { peaks, blockMs } = await readRecording(page);
    silences.push(Math.round(longestSilence({ peaks: peaks.slice(from), blockMs })));
    from = peaks.length;
  }
  const middle = silences.toSorted((left, right) => left - right)[Math.floor(silences.length / 2)];
  // A machine that is busy may be late once.
  expect(middle, `silences of ${silences} ms`).toBeLessThanOrEqual(MOST_SILENT_MS);
  expect(anna.complaints).toEqual([]);
}, 300_000);
