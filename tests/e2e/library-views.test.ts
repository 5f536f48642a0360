import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flac } from "#tests/library/made-audio.ts";
import { demoFolder } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt } from "#tests/support/screen.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount } from "./people.ts";

test("the library by albums, artists, genres and folders, and music from an album", async () => {
  const folder = await createTestFolder();
  await cp(demoFolder, join(folder, "Demo"), { recursive: true });
  for (const disc of [1, 2]) {
    await mkdir(join(folder, `Long Road/CD ${disc}`), { recursive: true });
    for (const track of [1, 2]) {
      const tags = { ALBUM: "Long Road", ALBUMARTIST: "The Walkers", GENRE: "Folk", DATE: "1998" };
      const own = { TITLE: `Mile ${disc}${track}`, ARTIST: "The Walkers" };
      const inside = {
        LYRICS: `Mile after mile\nand ${track} more`,
        COMMENT: "Second day",
        REPLAYGAIN_TRACK_GAIN: "-7.2 dB",
      };
      const places = { DISCNUMBER: String(disc), TRACKNUMBER: String(track) };
      await writeFile(
        join(folder, `Long Road/CD ${disc}/${track}.flac`),
        flac({ ...tags, ...own, ...inside, ...places }, 1),
      );
    }
  }
  const person = await arriveAtSetup({ environment: { FOLDER_ROOTS: folder } });
  const { page } = person;
  await makeFirstAccount(person);
  await page.getByText("Folder on this server").first().click();
  await page.getByLabel("Folder on the server").fill(folder);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "Library" }).first().click();
  const views = page.getByRole("navigation", { name: "Views of the library" });

  await views.getByRole("link", { name: "Albums" }).click();
  await page.getByRole("link", { name: /Long Road.*The Walkers/ }).waitFor();
  await lookAt(person, "albums");
  await page.getByRole("link", { name: /Long Road.*The Walkers/ }).click();
  await page.getByRole("heading", { name: "Disc 2" }).waitFor();
  const titles = await page
    .getByRole("list", { name: "Long Road" })
    .getByRole("link")
    .allTextContents();
  expect(titles).toEqual(["Mile 11", "Mile 12", "Mile 21", "Mile 22"]);
  await lookAt(person, "album");

  await page.getByRole("link", { name: "The Walkers" }).first().click();
  await page.getByRole("heading", { name: "The Walkers" }).waitFor();
  await page.getByRole("link", { name: "Mile 22" }).waitFor();
  await lookAt(person, "artist");
  await page.getByRole("link", { name: "Mile 22" }).click();
  await page.getByRole("region", { name: "Lyrics" }).getByText("and 2 more").waitFor();
  await page.getByText("\u22127.2 dB track").waitFor();
  await page.getByText("Second day").scrollIntoViewIfNeeded();
  await lookAt(person, "track-lyrics");
  await page.goBack();
  await page.getByRole("heading", { name: "The Walkers" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Disc 2" }).waitFor();

  await views.getByRole("link", { name: "Artists" }).click();
  await page.getByRole("link", { name: /The Walkers 4 tracks/ }).waitFor();
  await lookAt(person, "artists");
  await views.getByRole("link", { name: "Genres" }).click();
  await page.getByRole("link", { name: /^Folk/ }).click();
  await page.getByRole("link", { name: "Mile 11" }).waitFor();
  await lookAt(person, "genre");
  await views.getByRole("link", { name: "Folders" }).click();
  await page.getByRole("list", { name: "Storage" }).getByRole("link").first().click();
  await page.getByRole("link", { name: /^Long Road/ }).click();
  await page.getByRole("link", { name: /^CD 2/ }).waitFor();
  await lookAt(person, "folders");

  const search = page.getByRole("searchbox", { name: "Search title, artist, album or path" });
  await search.fill("logn road");
  await page.getByText("Nothing has “logn road”. This is what “long road” finds.").waitFor();
  const matches = page.getByRole("navigation", { name: "Also called so" });
  await matches
    .getByRole("link", { name: /^Long Road/ })
    .first()
    .waitFor();
  await lookAt(person, "search-corrected");
  await search.fill("mile 2");
  await page.getByText("Nothing has").waitFor({ state: "detached" });
  await expect
    .poll(() => page.getByRole("grid").getByText(/^Mile/).allTextContents())
    .toEqual(["Mile 12", "Mile 21", "Mile 22"]);
  await search.fill("walk");
  await matches.getByRole("link", { name: "The Walkers", exact: true }).click();
  await page.getByRole("heading", { name: "The Walkers" }).waitFor();

  await views.getByRole("link", { name: "Albums" }).click();
  await page.getByLabel("Find in this view").fill("nothing like it");
  await page.getByText("Nothing here matches").waitFor();
  await page.getByLabel("Find in this view").fill("");
  await page
    .getByRole("link", { name: /The Copper Herons/ })
    .first()
    .click();
  await page.getByRole("main").getByRole("button", { name: "Play", exact: true }).click();
  await expectMusic(person);

  const rows = page.getByRole("grid").getByRole("row");
  await views.getByRole("link", { name: "Recently added" }).click();
  await page.waitForURL(/sort=added/);
  await rows.first().waitFor();
  await views.getByRole("link", { name: "Favourites" }).click();
  await page.getByText("No favourites yet").waitFor();
  await lookAt(person, "favourites-none");
  await views.getByRole("link", { name: "Never played" }).click();
  await rows.filter({ hasText: "Mile 22" }).waitFor();
  await lookAt(person, "never-played");
  await page.getByRole("button", { name: "More for Mile 22" }).click();
  await page.getByRole("menuitem", { name: "Add to favourites" }).click();
  await views.getByRole("link", { name: "Favourites" }).click();
  await rows.filter({ hasText: "Mile 22" }).waitFor();
  await page.getByText("1 found").waitFor();
  await lookAt(person, "favourites");

  await views.getByRole("link", { name: "Tracks" }).click();
  await rows.filter({ hasText: "Mile 11" }).click({ modifiers: ["ControlOrMeta"] });
  await rows.filter({ hasText: "Mile 21" }).click({ modifiers: ["Shift"] });
  const selection = page.getByRole("toolbar", { name: "What is selected" });
  await selection.getByText("3 selected").waitFor();
  await lookAt(person, "selection");
  await selection.getByRole("button", { name: "Add to playlist…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add 3 tracks to a playlist" });
  await dialog.getByRole("button", { name: "New playlist" }).click();
  await page.getByLabel("Name").fill("Road songs");
  await page.getByRole("button", { name: "Make playlist" }).click();
  await page.getByText("Added 3 tracks to Road songs.").waitFor();
  await selection.getByRole("button", { name: "Add to favourites" }).click();
  await page.getByRole("grid").focus();
  await page.keyboard.press("Escape");
  await selection.waitFor({ state: "detached" });
  await page.keyboard.press("ControlOrMeta+a");
  await selection.getByText("12 selected").waitFor();
  await selection.getByRole("button", { name: "Clear the selection" }).click();
  await views.getByRole("link", { name: "Favourites" }).click();
  await page.getByText("4 found").waitFor();
  expect(person.complaints).toEqual([]);
}, 300_000);
