import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { PlayId } from "#contract/ids.ts";
import { lookAt, type Person, playheadSeconds } from "#tests/support/screen.ts";
import { expectMusic, heading, rowOf } from "./people.ts";
import { annaShares } from "./sharing.ts";

const openMenu = async (person: Person, title: string): Promise<void> => {
  await rowOf(person, title).click({ button: "right" });
  await person.page.getByRole("menuitem", { name: "Download" }).waitFor();
};

const titlesOf = ({ page }: Person): Promise<string[]> =>
  page
    .getByRole("list", { name: "Recordings in their order" })
    .getByRole("button", { name: /^More for .* in this playlist$/ })
    .evaluateAll((buttons) =>
      buttons.map((button) => button.getAttribute("aria-label")?.slice(9, -17) ?? ""),
    );

test("a playlist is made, put in order, played, exported and imported, and goes on elsewhere", async () => {
  const world = await annaShares();
  const person = await world.enter();
  const { page } = person;
  await page.getByRole("link", { name: "Playlists" }).first().click();
  await page.getByText("No playlists yet").waitFor();
  await lookAt(person, "playlists-empty");

  await page.getByRole("link", { name: "Library" }).first().click();
  await openMenu(person, "Moth Hour");
  await page.getByRole("menuitem", { name: "Add to playlist…" }).click();
  await page.getByRole("button", { name: "New playlist" }).click();
  await page.getByLabel("Name").fill("Set for Friday");
  await page.getByRole("button", { name: "Make playlist" }).click();
  await page.getByText("Added “Moth Hour” to Set for Friday.").waitFor();
  for (const title of ["Lighthouse Keepers", "夜汽車", "Café Électrique"]) {
    await openMenu(person, title);
    await page.getByRole("menuitem", { name: "Add to playlist…" }).click();
    if (title === "夜汽車") await lookAt(person, "playlist-add");
    await page.getByRole("button", { name: /Set for Friday/ }).click();
    await page.getByText(`Added “${title}” to Set for Friday.`).waitFor();
  }

  await page.getByRole("link", { name: "Playlists" }).first().click();
  await page.getByText("4 recordings").waitFor();
  await lookAt(person, "playlists");
  await page.getByRole("link", { name: /Set for Friday/ }).click();
  await heading(person, "Set for Friday");
  const order = () => expect.poll(() => titlesOf(person));
  await order().toEqual(["Moth Hour", "Lighthouse Keepers", "夜汽車", "Café Électrique"]);
  const items = page.getByRole("list", { name: "Recordings in their order" }).getByRole("listitem");
  await items.nth(3).dragTo(items.nth(0));
  await order().toEqual(["Café Électrique", "Moth Hour", "Lighthouse Keepers", "夜汽車"]);
  await page.getByRole("button", { name: "More for Lighthouse Keepers in this playlist" }).click();
  await page.getByRole("menuitem", { name: "Move down" }).click();
  await order().toEqual(["Café Électrique", "Moth Hour", "夜汽車", "Lighthouse Keepers"]);
  await page.getByRole("button", { name: "More for 夜汽車 in this playlist" }).click();
  await page.getByRole("menuitem", { name: "Take out of the playlist" }).click();
  await order().toEqual(["Café Électrique", "Moth Hour", "Lighthouse Keepers"]);

  await page.getByRole("button", { name: /^Play .*Moth Hour/ }).click();
  await expectMusic(person);
  await lookAt(person, "playlist");
  await page.getByRole("button", { name: "Favourite: Moth Hour" }).click();
  const heart = page.getByRole("button", { name: "Favourite: Moth Hour", pressed: true });
  await heart.waitFor();

  await page.getByRole("button", { name: "More for Set for Friday" }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as M3U8" }).click();
  const path = await (await downloading).path();
  expect(
    (await readFile(path, "utf8")).split("\n").filter((line) => line.startsWith("#EXTINF")),
  ).toHaveLength(3);
  await page.getByRole("link", { name: "Playlists" }).first().click();
  await page.locator("input[type=file]").setInputFiles({
    name: "Old set.m3u8",
    mimeType: "audio/x-mpegurl",
    buffer: Buffer.concat([await readFile(path), Buffer.from("elsewhere/unknown.mp3\n")]),
  });
  await page.getByText(/3 recordings imported; 1 line of the file mean/).waitFor();
  await heading(person, "Old set");

  await page.getByRole("button", { name: "Pause" }).first().click();
  const left = Number(
    await page.evaluate("window.sounds.map((sound) => sound.currentTime).find((time) => time > 0)"),
  );
  // Said to the server within five seconds; the sound itself may move on a little after the pause.
  const saved = () => world.anna.api.playback.queue.get.query({ bandId: world.bandId });
  const isThere = async () => {
    const { index, positionMs } = (await saved()) ?? { index: -1, positionMs: 0 };
    return index === 1 && Math.abs(positionMs - left * 1000) < 500;
  };
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
  const elsewhere = await world.enter();
  await elsewhere.page.getByRole("link", { name: "Moth Hour" }).last().waitFor();
  await elsewhere.page
    .getByRole("button", { name: "Favourite: Moth Hour", pressed: true })
    .waitFor();
  await elsewhere.page.getByRole("button", { name: "Play", exact: true }).last().click();
  await expectMusic(elsewhere);
  expect(await playheadSeconds(elsewhere.page)).toBeGreaterThanOrEqual(left - 0.5);

  await page.getByRole("button", { name: "More for Old set" }).click();
  await page.getByRole("menuitem", { name: "Delete playlist…" }).click();
  await lookAt(person, "playlist-delete");
  await page.getByRole("button", { name: "Delete playlist" }).click();
  await page.getByText("“Old set” was deleted.").waitFor();
  await page.getByRole("link", { name: /Set for Friday/ }).waitFor();

  const { tracks } = await world.anna.api.library.tracks.list.query({
    bandId: world.bandId,
    search: "Moth Hour",
  });
  const trackId = tracks[0]?.id ?? expect.unreachable();
  const playId = PlayId.parse(randomUUID());
  await world.anna.api.playback.plays.record.mutate({ trackId, playId, heardMs: 29_000 });
  await page.getByRole("link", { name: "Home", exact: true }).first().click();
  await page.getByRole("region", { name: "Heard last" }).getByText("Moth Hour").waitFor();
  await lookAt(person, "home-heard");
  expect([...person.complaints, ...elsewhere.complaints]).toEqual([]);
}, 180_000);
