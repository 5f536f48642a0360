import { expect, test } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { lookAt } from "#tests/support/screen.ts";
import { listTracks } from "#tests/support/world.ts";
import { expectMusic, heading } from "./people.ts";
import { annaShares, givePassword, PASSWORD } from "./sharing.ts";

const TITLES = ["Moth Hour", "Lighthouse Keepers", "Voice memo"];

test("a playlist is shared with a password, its second recording heard and commented on signed out, and its link taken back", async () => {
  const world = await annaShares();
  const { bandId } = world;
  const trackIds: TrackId[] = [];
  for (const title of TITLES) {
    const [track] = await listTracks(world, title);
    if (!track) throw new Error(`Nothing is called ${title}.`);
    trackIds.push(track.id);
  }
  const { playlists } = world.anna.api.playback;
  const { id: playlistId } = await playlists.create.mutate({ bandId, name: "For Ben", trackIds });
  const anna = await world.enter();
  await anna.page.goto(`/b/${bandId}/playlists/${playlistId}`);
  await heading(anna, "For Ben");
  await anna.page.getByRole("button", { name: "More for For Ben" }).click();
  await anna.page.getByRole("menuitem", { name: "Share" }).click();
  const dialog = anna.page.getByRole("dialog", { name: "Share “For Ben”" });
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByLabel("Guests may comment").check();
  await lookAt(anna, "share-playlist-dialog");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const ready = anna.page.getByRole("dialog", { name: "The link is ready" });
  const link = await ready.getByRole("textbox", { name: "Link" }).inputValue();
  await ready.getByRole("button", { name: "Done" }).click();

  const guest = await world.visit(link);
  const { page } = guest;
  await heading(guest, "This link takes a password");
  expect(await page.getByText("For Ben").count(), "told before its password is given").toBe(0);
  await givePassword(guest, PASSWORD);
  await heading(guest, "For Ben");
  await page.getByText("3 recordings", { exact: true }).waitFor();
  const rows = page.getByRole("list", { name: "Recordings" }).getByRole("listitem");
  expect(await rows.count()).toBe(3);
  await lookAt(guest, "share-playlist");

  await page.getByRole("button", { name: /^Play .*Lighthouse Keepers/ }).click();
  await expectMusic(guest);
  await page.getByRole("heading", { name: "Comments on “Lighthouse Keepers”" }).waitFor();
  await page.getByRole("button", { name: "Previous" }).waitFor();
  await page.getByLabel("Your name").fill("Ben <b>");
  await page.getByLabel(/^Comment at /).fill("<img src=x onerror=alert(1)> louder");
  await page.getByRole("button", { name: "Comment", exact: true }).click();
  await page.getByText("<img src=x onerror=alert(1)> louder", { exact: true }).waitFor();
  await page.getByText("Ben <b>", { exact: true }).waitFor();
  await expect.poll(() => page.getByLabel(/^Comment at /).inputValue()).toBe("");
  await lookAt(guest, "share-playlist-comment");

  await anna.page.goto(`/b/${bandId}/tracks/${trackIds[1]}`);
  await heading(anna, "Lighthouse Keepers");
  await anna.page.getByText("<img src=x onerror=alert(1)> louder", { exact: true }).waitFor();
  await anna.page.getByText("Guest of a link", { exact: true }).waitFor();
  await anna.page.getByRole("button", { name: "Reply" }).click();
  await anna.page.getByLabel("Reply to Ben <b>").fill("Agreed");
  await anna.page.getByRole("button", { name: "Reply", exact: true }).last().click();
  await anna.page.getByText("Agreed", { exact: true }).waitFor();
  await lookAt(anna, "comment-of-guest");
  await page.getByText("The band", { exact: true }).waitFor({ timeout: 60_000 });
  expect(await page.getByText("Anna").count(), "who of the band has replied").toBe(0);
  await page.getByRole("button", { name: "Reply to Ben <b>" }).click();
  await page.getByLabel("Reply to Ben <b>").fill("<i>Thank</i> you");
  expect(await page.getByLabel("Your name").last().inputValue()).toBe("Ben <b>");
  await lookAt(guest, "share-playlist-replying");
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await page.getByText("<i>Thank</i> you", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Reply to Ben <b>" }).waitFor();
  await lookAt(guest, "share-playlist-reply");
  await anna.page.getByText("<i>Thank</i> you", { exact: true }).waitFor();

  await anna.page.getByRole("link", { name: "Shares" }).first().click();
  const line = anna.page.getByRole("list", { name: "Public links" }).getByRole("listitem");
  await line.getByText("For Ben", { exact: true }).waitFor();
  await line.getByText("Playlist", { exact: true }).waitFor();
  await lookAt(anna, "shares-playlist");
  await page.getByRole("button", { name: /^Play .*Lighthouse Keepers/ }).click();
  await expectMusic(guest);
  const { items } = await playlists.items.query({ playlistId });
  const itemIds = items.filter(({ track }) => track.id === trackIds[1]).map(({ id }) => id);
  await playlists.removeItems.mutate({ playlistId, itemIds });
  await page.getByRole("heading", { name: /^Comments on “Voice memo/ }).waitFor();
  await expect.poll(() => rows.count()).toBe(2);
  await expectMusic(guest);
  await page.getByRole("slider", { name: "Position" }).press("Home");
  await expectMusic(guest);
  await anna.page.getByRole("button", { name: "More for the link to For Ben" }).click();
  await anna.page.getByRole("menuitem", { name: "Take back" }).click();
  const question = anna.page.getByRole("dialog", { name: "Take the link back?" });
  await question.getByRole("button", { name: "Take back" }).click();
  await page.getByText(/it was taken back/).waitFor({ timeout: 30_000 });
  await expect.poll(() => page.evaluate("window.sounds.every((sound) => sound.paused)")).toBe(true);
  await heading(anna, "Nothing is shared");
  expect(anna.complaints).toEqual([]);
  expect(guest.complaints).toEqual([]);
}, 300_000);

test("a folder that is named after a day becomes a rehearsal, which is played, noted, shared and deleted", async () => {
  const world = await annaShares();
  const anna = await world.enter();
  const { page } = anna;
  await page.getByRole("link", { name: "Rehearsals" }).first().click();
  await heading(anna, "No rehearsals yet");
  await lookAt(anna, "rehearsals-empty");
  await page.getByRole("button", { name: "New rehearsal" }).click();
  const dialog = page.getByRole("dialog", { name: "New rehearsal" });
  const folders = dialog.getByLabel("Recordings of");
  const day = folders.locator("option", { hasText: "2026-03-14" });
  await folders.selectOption((await day.getAttribute("value")) ?? "");
  await expect.poll(() => dialog.getByLabel("Day").inputValue()).toBe("2026-03-14");
  await dialog.getByLabel("Title").fill("Cellar");
  await dialog.getByLabel("Notes").fill("Ben was late.\nNew ending of the second song.");
  await lookAt(anna, "rehearsal-dialog");
  await dialog.getByRole("button", { name: "Make rehearsal" }).click();
  await heading(anna, "Cellar");
  await page.getByText(/March.* 2026 · 2 takes/).waitFor();
  await page.getByText("Ben was late.").waitFor();
  await page.getByRole("button", { name: "Play all" }).click();
  await expectMusic(anna);
  await lookAt(anna, "rehearsal");

  await page.getByRole("button", { name: "Share", exact: true }).first().click();
  const sharing = page.getByRole("dialog", { name: "Share “Cellar”" });
  await sharing.getByRole("button", { name: "Make a link" }).click();
  const ready = page.getByRole("dialog", { name: "The link is ready" });
  const link = await ready.getByRole("textbox", { name: "Link" }).inputValue();
  await ready.getByRole("button", { name: "Done" }).click();
  const guest = await world.visit(link);
  await heading(guest, "Cellar");
  await guest.page.getByText(/March.* 2026 · 2 recordings$/).waitFor();
  expect(await guest.page.getByText("Ben was late").count()).toBe(0);
  await lookAt(guest, "share-rehearsal");

  await page.getByRole("link", { name: "Home" }).first().click();
  await page
    .getByRole("region", { name: "Rehearsals" })
    .getByRole("link", { name: /Cellar/ })
    .waitFor();
  await page.getByRole("link", { name: "Rehearsals" }).first().click();
  await page.getByRole("link", { name: /Cellar/ }).waitFor();
  await lookAt(anna, "rehearsals");
  await page.getByRole("link", { name: /Cellar/ }).click();
  await heading(anna, "Cellar");
  await page.getByRole("button", { name: "More for Cellar", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete rehearsal…" }).click();
  await page.getByRole("button", { name: "Delete rehearsal", exact: true }).click();
  await heading(anna, "No rehearsals yet");
  expect(anna.complaints).toEqual([]);
  expect(guest.complaints).toEqual([]);
}, 300_000);
