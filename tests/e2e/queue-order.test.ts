import { expect, test } from "vitest";
import { lookAt, openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import { annasStorage } from "#tests/support/world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { expectMusic, rowOf, signIn } from "./people.ts";

const TITLES = /^More for (.*) in the queue$/;

/** What comes, as it stands in the open queue. */
const comingOf = ({ page }: Person): Promise<string[]> =>
  page
    .getByRole("dialog", { name: "Up next" })
    .getByRole("button", { name: TITLES })
    .evaluateAll((buttons) =>
      buttons.map((button) => button.getAttribute("aria-label")?.slice(9, -13) ?? ""),
    );

async function openQueue({ page }: Person): Promise<void> {
  await page.getByRole("region", { name: "Player" }).getByRole("button", { name: "Queue" }).click();
  await page.getByRole("dialog", { name: "Up next" }).getByRole("listitem").first().waitFor();
}

async function startWorld() {
  const world = await annasStorage((cloud) => {
    for (let take = 1; take <= 5; take += 1) {
      cloud.tree.put(`Live/take ${take}.wav`, quietThenLoud(300));
    }
  });
  const browser = await startBrowser();
  const path = `/b/${world.bandId}/library`;
  const enter = async (): Promise<Person> => {
    const person = await openPage(world.server.baseUrl, path, browser);
    await signIn(person);
    await rowOf(person, "take 1").waitFor();
    return person;
  };
  return { ...world, path, enter };
}

test("a queue is put in order by pointer and by keys, and found so in another browser", async () => {
  const world = await startWorld();
  const anna = await world.enter();
  const { page } = anna;
  await rowOf(anna, "take 1").dblclick();
  await expectMusic(anna);
  await openQueue(anna);
  const queue = page.getByRole("dialog", { name: "Up next" });
  const coming = () => expect.poll(() => comingOf(anna), { timeout: 20_000 });
  await coming().toEqual(["take 2", "take 3", "take 4", "take 5"]);
  const entries = queue.getByRole("listitem");
  await entries.nth(4).dragTo(entries.nth(1));
  await coming().toEqual(["take 5", "take 2", "take 3", "take 4"]);
  await queue.getByRole("button", { name: /^take 2/ }).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await coming().toEqual(["take 5", "take 3", "take 2", "take 4"]);
  await page.keyboard.press("Alt+ArrowDown");
  await coming().toEqual(["take 5", "take 3", "take 4", "take 2"]);
  await page.keyboard.press("Alt+ArrowUp");
  await coming().toEqual(["take 5", "take 3", "take 2", "take 4"]);
  await queue.getByRole("button", { name: "More for take 3 in the queue" }).click();
  await page.getByRole("menuitem", { name: "Take out of the queue" }).click();
  await coming().toEqual(["take 5", "take 2", "take 4"]);
  await queue.getByRole("button", { name: "More for take 4 in the queue" }).click();
  await page.getByRole("menuitem", { name: "Play next" }).waitFor();
  await lookAt(anna, "queue-order");
  await page.getByRole("menuitem", { name: "Play next" }).click();
  await coming().toEqual(["take 4", "take 5", "take 2"]);

  const saved = () => world.anna.api.playback.queue.get.query({ bandId: world.bandId });
  const savedTitles = async () => (await saved())?.tracks.map(({ title }) => title);
  await expect
    .poll(savedTitles, { timeout: 30_000 })
    .toEqual(["take 1", "take 4", "take 5", "take 2"]);
  const elsewhere = await world.enter();
  await elsewhere.page
    .getByRole("region", { name: "Player" })
    .getByRole("link", { name: "take 1" })
    .waitFor();
  await openQueue(elsewhere);
  expect(await comingOf(elsewhere)).toEqual(["take 4", "take 5", "take 2"]);
  expect([...anna.complaints, ...elsewhere.complaints]).toEqual([]);
}, 300_000);

test("of two tabs the one where it began last plays, and the other one says so", async () => {
  const world = await startWorld();
  const anna = await world.enter();
  await rowOf(anna, "take 1").dblclick();
  await expectMusic(anna);
  const page = await anna.context.newPage();
  const second: Person = { ...anna, page };
  await page.goto(world.path);
  await rowOf(second, "take 2").dblclick();
  await expectMusic(second);
  await anna.page.getByText("Backline plays in another tab now.").waitFor();
  const isSilent = (each: Person) =>
    each.page.evaluate("window.sounds.every((sound) => sound.paused)");
  await expect.poll(() => isSilent(anna)).toBe(true);
  const player = anna.page.getByRole("region", { name: "Player" });
  await lookAt(anna, "paused-by-another-tab");
  await player.getByRole("button", { name: "Play", exact: true }).click();
  await page.getByText("Backline plays in another tab now.").waitFor();
  await expect.poll(() => isSilent(second)).toBe(true);
  await expectMusic(anna);
  expect(anna.complaints).toEqual([]);
}, 300_000);
