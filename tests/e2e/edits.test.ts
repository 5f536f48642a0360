import { expect, test } from "vitest";
import { PASSWORD } from "#tests/auth/people.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { flac, mp3 } from "#tests/library/made-audio.ts";
import { lookAt, openPage, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, runJobs, trackAt } from "#tests/support/world.ts";
import { keepInSight, rowOf, signIn } from "./people.ts";

const BARE = "2024-05-02 Hamburg/2024-05-01 Walrus - Zebra.mp3";

const annasTracks = () =>
  annasStorage(({ tree }) => {
    tree.put("Tides/1.flac", flac({ TITLE: "Foam", ARTIST: "Herons", ALBUM: "Tides" }));
    tree.put(BARE, mp3({}));
    tree.put("2024-05-02 Hamburg/2024-05-01 Walrus - Ice floe.mp3", mp3({}, 2));
  });

test("tags are edited from a row and on the track's page, and what was before is brought back", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  const { id } = await trackAt(world, "Tides/1.flac");
  const ben = await join(world, "ben", "listener");
  const browser = await startBrowser();
  const anna = await openPage(world.server.baseUrl, "/icon.svg", browser);
  const { page } = anna;
  await page.goto(`/b/${world.bandId}/library`);
  await signIn(anna);
  await rowOf(anna, "Foam").waitFor();
  await page.getByRole("button", { name: "More for Foam" }).click();
  await page.getByRole("menuitem", { name: "Edit tags" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit “Foam”" });
  await dialog.getByText("Kept beside the file; the file itself stays as it is.").waitFor();
  await dialog.getByLabel("Title", { exact: true }).fill("Low tide");
  await dialog.getByText("The file says: Foam").waitFor();
  await dialog.getByLabel("Year", { exact: true }).fill("zero");
  await dialog.getByText("Write a number from 1 to 9999").waitFor();
  await lookAt(anna, "edit-tags");
  await dialog.getByLabel("Year", { exact: true }).fill("2024");
  await dialog.getByLabel("Recorded on", { exact: true }).fill("2024-05-01");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await rowOf(anna, "Low tide").waitFor();

  const path = `/b/${world.bandId}/tracks/${id}`;
  await page.goto(path);
  await page.getByRole("heading", { name: "Low tide" }).waitFor();
  await page.getByText("Title: Foam → Low tide").waitFor();
  await page.getByRole("button", { name: "Edit tags" }).click();
  const again = page.getByRole("dialog", { name: "Edit “Low tide”" });
  await again.getByLabel("Artist", { exact: true }).fill("The Herons");
  await again.getByRole("button", { name: "Save" }).click();
  await page.getByText("Artist: Herons → The Herons").waitFor();
  await keepInSight(anna, "Changes");
  await lookAt(anna, "track-versions");

  const other = await openPage(world.server.baseUrl, "/icon.svg", browser);
  await other.page.goto(path);
  await signIn(other, { email: ben.email, password: PASSWORD });
  await other.page.getByText("Artist: Herons → The Herons").waitFor();
  expect(
    await other.page.getByRole("button", { name: /Edit tags|Go back|As the file/ }).count(),
  ).toBe(0);

  await page.getByRole("button", { name: /^Go back to this/ }).click();
  await page.getByText("Artist: The Herons → Herons").waitFor();
  // Whoever looks at it sees it without asking again.
  await other.page.getByText("Artist: The Herons → Herons").waitFor();
  await page.getByRole("button", { name: "As the file has it" }).click();
  await page.getByRole("heading", { name: "Foam" }).waitFor();
  await other.page.getByRole("heading", { name: "Foam" }).waitFor();
  expect([...anna.complaints, ...other.complaints]).toEqual([]);
});

test("who was slower is told so, and what they have typed stays", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  const { id, bandId } = await trackAt(world, "Tides/1.flac");
  const anna = await openPage(world.server.baseUrl, "/icon.svg");
  await anna.page.goto(`/b/${bandId}/tracks/${id}`);
  await signIn(anna);
  await anna.page.getByRole("button", { name: "Edit tags" }).click();
  const dialog = anna.page.getByRole("dialog", { name: "Edit “Foam”" });
  await dialog.getByLabel("Title", { exact: true }).fill("Mine");
  await world.anna.api.library.edits.save.mutate({
    ...{ bandId, tracks: [{ trackId: id, version: null }], fields: { title: "Theirs" } },
  });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(/Somebody else has edited “Theirs” meanwhile/).waitFor();
  expect(await dialog.getByLabel("Title", { exact: true }).inputValue()).toBe("Mine");
  expect((await trackAt(world, "Tides/1.flac")).title).toBe("Theirs");
});

test("several are edited at once, an album from its page, and a field is left empty", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  const foam = await trackAt(world, "Tides/1.flac");
  const { bandId } = foam;
  const anna = await openPage(world.server.baseUrl, "/icon.svg");
  const { page } = anna;
  await page.goto(`/b/${bandId}/library`);
  await signIn(anna);
  await rowOf(anna, "Foam").waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("ControlOrMeta+a");
  const selection = page.getByRole("toolbar", { name: "What is selected" });
  await selection.getByText("3 selected").waitFor();
  await selection.getByRole("button", { name: "Edit tags…" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit 3 tracks" });
  await dialog.getByText(/What you do not touch stays/).waitFor();
  const field = (name: string) => dialog.getByLabel(name, { exact: true });
  expect(await field("Title").getAttribute("placeholder")).toBe("Different");
  await field("Album").fill("Together");
  await field("Disc").fill("0");
  await dialog.getByText("Write a number from 1 to 9999").waitFor();
  await field("Disc").fill("2");
  await dialog.getByRole("button", { name: "More for Artist" }).click();
  await page.getByRole("menuitem", { name: "Empty in all" }).click();
  expect(await field("Artist").getAttribute("placeholder")).toBe("Empty in all");
  await lookAt(anna, "edit-several");
  const theirs = { bandId, tracks: [{ trackId: foam.id, version: null }] };
  await world.anna.api.library.edits.save.mutate({ ...theirs, fields: { title: "Spray" } });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(/Somebody else has edited “Spray” meanwhile/).waitFor();
  await lookAt(anna, "edit-several-conflict");
  // What was typed is still there, and what the others did is what is seen now.
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("3 tracks are changed.").waitFor();
  const together = { album: "Together", artist: null, discNumber: 2 };
  expect(await trackAt(world, "Tides/1.flac")).toMatchObject({ ...together, title: "Spray" });
  expect(await trackAt(world, BARE)).toMatchObject(together);
  // The same selection again: it knows what it has just done itself.
  await selection.getByRole("button", { name: "Edit tags…" }).click();
  expect(await field("Album").inputValue()).toBe("Together");
  await dialog.getByRole("button", { name: "More for Artist" }).click();
  await page.getByRole("menuitem", { name: "As each file has it" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await trackAt(world, "Tides/1.flac")).toMatchObject({ artist: "Herons" });

  const { albumId } = await trackAt(world, BARE);
  await page.goto(`/b/${bandId}/library/albums/${albumId}`);
  await page.getByRole("heading", { name: "Together" }).waitFor();
  await lookAt(anna, "album-editor");
  await page.getByRole("button", { name: "Edit tags…" }).click();
  const own = page.getByRole("dialog", { name: "Edit 2 tracks" });
  await own.getByLabel("Album", { exact: true }).fill("Apart");
  await own.getByLabel("Album artist", { exact: true }).fill("Everybody");
  await own.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Apart" }).waitFor();

  await page.goto(`/b/${bandId}/tracks/${foam.id}`);
  await page.getByRole("button", { name: "Edit tags" }).click();
  const one = page.getByRole("dialog", { name: "Edit “Spray”" });
  await one.getByLabel("Artist", { exact: true }).fill("");
  await one.getByText("The file says: Herons").waitFor();
  await one.getByRole("button", { name: "Title as the file has it" }).click();
  await lookAt(anna, "edit-empty");
  await one.getByRole("button", { name: "Save" }).click();
  await one.waitFor({ state: "detached" });
  expect(await trackAt(world, "Tides/1.flac")).toMatchObject({ artist: null, title: "Foam" });
  await page.getByRole("button", { name: "Edit tags" }).click();
  const again = page.getByRole("dialog", { name: "Edit “Foam”" });
  expect(await again.getByLabel("Artist", { exact: true }).inputValue()).toBe("");
  await again.getByRole("button", { name: "Artist as the file has it" }).click();
  await again.getByRole("button", { name: "Save" }).click();
  await again.waitFor({ state: "detached" });
  expect(await trackAt(world, "Tides/1.flac")).toMatchObject({ artist: "Herons", title: "Foam" });
  expect(anna.complaints).toEqual([]);
});

test("a naming rule is tried while it is written, and names what has no tags once it is saved", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  const anna = await openPage(world.server.baseUrl, "/icon.svg");
  const { page } = anna;
  await page.goto(`/b/${world.bandId}/settings`);
  await signIn(anna);
  await page.getByRole("link", { name: "Look at the rule" }).click();
  await page.getByRole("heading", { name: "Names of files without tags" }).waitFor();
  await page.getByText("2 recordings without tags").waitFor();
  await page.getByRole("button", { name: "Add a pattern for names" }).click();
  await page.getByLabel("Pattern for names 1").fill("{date} {artst} - {title}");
  await page.getByText("“{artst}” at character 8 is no field.").waitFor();
  expect(await page.getByRole("button", { name: "Save the rule" }).isDisabled()).toBe(true);
  await lookAt(anna, "naming-wrong");
  await page.getByLabel("Pattern for names 1").fill("{date} {artist} - {title}");
  await page.getByRole("button", { name: "Add a pattern for folders" }).click();
  await page.getByLabel("Pattern for folders 1").fill("{date} {album}");
  await page.getByText("Zebra · Walrus · Hamburg").waitFor();
  await page.getByLabel("Try it on a name of your own").fill("x/2023-01-31 Ann - Sea.wav");
  await page.getByText("Sea · Ann · x").waitFor();
  await lookAt(anna, "naming");
  await keepInSight(anna, "What it makes of your recordings");
  await lookAt(anna, "naming-preview");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await page.getByText("You can leave this screen.").waitFor();
  await runJobs(world.server);
  await page.getByText(/^Saved by Anna/).waitFor();

  // The tags of the files themselves: this storage cannot replace any, and the track says so.
  const { id } = await trackAt(world, "Tides/1.flac");
  await world.anna.api.library.edits.save.mutate({
    ...{ bandId: world.bandId, tracks: [{ trackId: id, version: null }] },
    fields: { title: "Low tide" },
  });
  await page.getByRole("switch", { name: "Write edited tags into the files" }).click();
  await page.getByText("1 recording edited and only kept beside the file.").waitFor();
  await page.getByRole("button", { name: "Write them into the files now" }).click();
  await page.getByText("1 file to be written.").waitFor();
  await runJobs(world.server);
  await page.getByText(/^1 file could not be written/).waitFor();
  await keepInSight(anna, "Tags in the files");
  await lookAt(anna, "tag-writing");
  await page.goto(`/b/${world.bandId}/tracks/${id}`);
  await page.getByText(/only replaced as long as nobody else has changed it/).waitFor();
  await keepInSight(anna, "Changes");
  await lookAt(anna, "tag-writing-track");
  await page.getByRole("link", { name: "Library", exact: true }).click();
  await rowOf(anna, "Ice floe").waitFor();
  await rowOf(anna, "Zebra").waitFor();
  expect(await trackAt(world, BARE)).toMatchObject({ title: "Zebra", artist: "Walrus" });
  expect(anna.complaints).toEqual([]);
});
