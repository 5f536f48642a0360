import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { wav } from "#tests/library/made-audio.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import { type SlowLine, startSlowLine } from "#tests/support/slow-line.ts";
import { annasServer, annasStorage, type World } from "#tests/support/world.ts";
import { dayOf } from "../../client/app/uploads/day.ts";
import { expectMusic, heading, rowOf, signIn } from "./people.ts";

interface Uploading {
  readonly world: World;
  /** Between her and the server. */
  readonly line: SlowLine;
  readonly person: Person;
  /** The storage. */
  readonly folder: string;
  /** Files of her own. */
  readonly own: string;
}

/** Anna in the library of a band whose storage is a folder, and files of hers to upload. */
async function annaWithFiles(): Promise<Uploading> {
  const [folder, own] = [await createTestFolder(), await createTestFolder()];
  const line = await startSlowLine();
  const environment = { FOLDER_ROOTS: folder, PUBLIC_URL: line.baseUrl };
  const world = await annasServer({ isWorking: true, environment });
  line.leadTo(world.server.port);
  const { anna, bandId } = world;
  const form = { provider: "folder", folder } as const;
  const { id: connectionId } = await anna.api.connections.create.mutate({ bandId, form });
  await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  const person = await openPage(line.baseUrl, `/b/${bandId}/library`);
  await signIn(person);
  await person.page.getByRole("button", { name: "Upload recordings" }).first().waitFor();
  return { world, line, person, folder, own };
}

async function choose({ page }: Person, button: string, ...files: string[]): Promise<void> {
  const asked = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: button }).first().click();
  await (await asked).setFiles(files);
}

const panelOf = ({ page }: Person) => page.getByRole("dialog", { name: /^Uploads/ });

/** Its row in the list of uploads. */
const sendingOf = (person: Person, name: string) =>
  panelOf(person).getByRole("listitem").filter({ hasText: name });

const isSame = async (path: string, other: string): Promise<boolean> =>
  (await readFile(path)).equals(await readFile(other));

const YEAR = new Date().getFullYear();

/** Where a file of today goes, as long as nobody has chosen another folder. */
const usualFolder = join(String(YEAR), dayOf(new Date()));

test("recordings are chosen, arrive in the library, and play; what is no audio is left out", async () => {
  const { person, own, folder } = await annaWithFiles();
  const { page } = person;
  const [first] = demoRecordings.filter(({ path }) => path.includes("Harbour Lights"));
  if (!first) throw new Error("There is no such demo recording.");
  const name = basename(first.path);
  await copyFile(join(demoFolder, first.path), join(own, name));
  await writeFile(join(own, "notes.txt"), "bring strings");
  await choose(person, "Upload recordings", join(own, name), join(own, "notes.txt"));
  await panelOf(person)
    .getByText("1 file is left out, because Backline plays only audio: notes.txt.")
    .waitFor();
  await sendingOf(person, name).getByText("In the library").waitFor({ timeout: 20_000 });
  await rowOf(person, "Harbour Lights").waitFor();
  await panelOf(person).getByRole("button", { name: "Play Harbour Lights" }).click();
  await expectMusic(person);
  expect(await isSame(join(own, name), join(folder, usualFolder, name))).toBe(true);
  await lookAt(person, "uploads-done");

  await panelOf(person).getByRole("button", { name: "Close this note" }).click();
  await heading(person, "Library");
  await page.getByRole("heading", { name: "Library" }).click();
  await panelOf(person).waitFor({ state: "detached" });
  await choose(person, "Upload recordings", join(own, name));
  const other = name.replace(".mp3", " (2).mp3");
  await panelOf(person).getByText(`${usualFolder}/${other}`).waitFor();
  await panelOf(person).getByText("In the library").nth(1).waitFor({ timeout: 20_000 });
  await panelOf(person).getByRole("button", { name: "Clear the list" }).click();
  await panelOf(person).waitFor({ state: "detached" });
  expect(await readdir(join(folder, usualFolder))).toEqual([other, name].toSorted());

  expect(person.complaints).toEqual([]);
}, 240_000);

/** Much longer than what is under way between a browser and a line that stands still. */
const LONG = wav(3000);
/** What a folder takes at once. */
const PART_BYTES = 4 * 1024 * 1024;
/** A little more than two of them. */
const HELD_BYTES = 9_000_000;

/** So much of it is in the storage for good. */
const keptOf = async ({ anna, bandId }: World, name: string): Promise<number | undefined> =>
  (await anna.api.uploads.list.query({ bandId })).find((each) => each.name === name)?.offsetBytes;

test("a folder is dropped on the library, and goes on after a cut line and without a network, from screen to screen", async () => {
  const { person, line, own, folder, world } = await annaWithFiles();
  const { page, context } = person;
  await mkdir(join(own, "Tapes", "Old"), { recursive: true });
  await writeFile(join(own, "Tapes", "Side 1.wav"), LONG);
  await writeFile(join(own, "Tapes", "Old", "Side 2.wav"), wav(2));
  await writeFile(join(own, "Tapes", "cover.jpg"), "a picture");
  line.holdAfter(HELD_BYTES);
  const cdp = await context.newCDPSession(page);
  const drag = (type: "dragEnter" | "dragOver" | "drop") =>
    cdp.send("Input.dispatchDragEvent", {
      ...{ type, x: 700, y: 400 },
      data: { items: [], files: [join(own, "Tapes")], dragOperationsMask: 1 },
    });
  await drag("dragEnter");
  await drag("dragOver");
  await page.getByText("Drop recordings to upload them").waitFor();
  await lookAt(person, "uploads-drop");
  await drag("drop");
  await panelOf(person)
    .getByText(/left out.*: cover.jpg/)
    .waitFor();
  await expect.poll(() => keptOf(world, "Side 1.wav"), { timeout: 20_000 }).toBe(2 * PART_BYTES);
  await page.getByRole("link", { name: "Home" }).first().click();
  await heading(person, "Home");
  await page.getByRole("button", { name: /^Uploads/ }).click();
  const long = sendingOf(person, "Side 1.wav");
  const offsets = offsetsOf(person);

  line.cut();
  await long.getByText(/ It goes on by itself where it stopped.$/).waitFor();
  await expect.poll(() => offsets, { timeout: 20_000 }).toEqual([2 * PART_BYTES]);
  await context.setOffline(true);
  await long.getByText(/^There is no network/).waitFor();
  await lookAt(person, "uploads-held-up");
  line.release();
  await context.setOffline(false);
  await long.getByText("In the library").waitFor({ timeout: 40_000 });
  expect(offsets.every((offset) => offset >= 2 * PART_BYTES)).toBe(true);
  for (const path of ["Side 1.wav", "Old/Side 2.wav"]) {
    const there = join(folder, usualFolder, basename(path));
    expect(await isSame(join(own, "Tapes", path), there), path).toBe(true);
  }
  expect(person.complaints).toEqual([]);
}, 240_000);

/** From which byte on each piece is sent from now on. */
function offsetsOf({ page }: Person): number[] {
  const offsets: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
  });
  return offsets;
}

test("after a reload an upload waits for its file, and goes on with it; another one is discarded", async () => {
  const { person, line, own, folder, world } = await annaWithFiles();
  const { page } = person;
  const [long, other] = [join(own, "Long.wav"), join(own, "Other.wav")];
  await writeFile(long, LONG);
  await writeFile(other, wav(2900));
  line.holdAfter(HELD_BYTES);
  await choose(person, "Upload recordings", long, other);
  for (const name of ["Long.wav", "Other.wav"]) {
    await expect.poll(() => keptOf(world, name), { timeout: 20_000 }).toBe(2 * PART_BYTES);
  }
  await sendingOf(person, "Other.wav").getByRole("button", { name: "Pause Other.wav" }).click();
  await sendingOf(person, "Other.wav")
    .getByText(/^Paused/)
    .waitFor();
  await lookAt(person, "uploads-sending");

  // Another program had begun this one.
  const short = join(own, "Short.wav");
  await writeFile(short, wav(1));
  const stop = new AbortController();
  await world.anna
    .uploadFile({
      ...{ bandId: world.bandId, file: new Blob([new Uint8Array(wav(1))]), name: "Short.wav" },
      ...{ signal: stop.signal, onBegun: () => stop.abort() },
    })
    .catch(() => {});

  const asked = page.waitForEvent("dialog");
  const reloaded = page.reload();
  await (await asked).accept();
  await reloaded;
  line.release();
  await page.getByRole("button", { name: "Uploads: 3 uploads wait for you to go on" }).click();
  await panelOf(person).getByText("Waiting for their files").waitFor();
  await choose(person, "Choose the file Long.wav", other);
  await panelOf(person)
    .getByText("That is Other.wav; this upload goes on with Long.wav.")
    .waitFor();
  await lookAt(person, "uploads-waiting");
  await panelOf(person).getByRole("button", { name: "Discard Other.wav" }).click();
  await panelOf(person).getByText("Other.wav", { exact: true }).waitFor({ state: "detached" });
  const offsets = offsetsOf(person);
  const kept = await keptOf(world, "Long.wav");
  expect(kept).toBeGreaterThanOrEqual(2 * PART_BYTES);
  await choose(person, "Choose the file Long.wav", long);
  await sendingOf(person, "Long.wav").getByText("In the library").waitFor({ timeout: 40_000 });
  expect(await isSame(long, join(folder, usualFolder, "Long.wav"))).toBe(true);
  expect(new Set(offsets)).toEqual(new Set([kept]));

  // Chosen like any other file, it goes on all the same.
  await page.getByRole("heading", { name: "Library" }).click();
  await panelOf(person).waitFor({ state: "detached" });
  await choose(person, "Upload recordings", short);
  await sendingOf(person, "Short.wav").getByText("In the library").waitFor({ timeout: 40_000 });
  expect(await readdir(join(folder, usualFolder)), "nothing of what was discarded").toEqual([
    "Long.wav",
    "Short.wav",
  ]);
  const all = await world.anna.api.uploads.list.query({ bandId: world.bandId });
  expect(all.filter(({ name }) => name === "Short.wav").map(({ state }) => state)).toEqual([
    "done",
  ]);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a storage that is full says so, and after room was made it is tried again", async () => {
  const world = await annasStorage(() => {}, { cloud: { persona: "nextcloud" } });
  const { cloud, server, bandId } = world;
  Object.assign(cloud.quota, { usedBytes: 5_000_000, availableBytes: 100 });
  const own = await createTestFolder();
  await writeFile(join(own, "Take 1.wav"), wav(1));
  const person = await openPage(server.baseUrl, `/b/${bandId}/library`);
  await signIn(person);
  await choose(person, "Upload recordings", join(own, "Take 1.wav"));
  const take = sendingOf(person, "Take 1.wav");
  await take.getByText(/^The storage has too little room for this recording/).waitFor();
  await lookAt(person, "uploads-full");
  cloud.quota.availableBytes = 1_000_000_000;
  await take.getByRole("button", { name: "Try again to upload Take 1.wav" }).click();
  await take.getByText(/too little room/).waitFor({ state: "detached" });
  await expect.poll(() => cloud.count({ method: "MKCOL" })).toBeGreaterThan(0);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("an owner says which folders uploads go into", async () => {
  const { person, own, folder } = await annaWithFiles();
  const { page } = person;
  await page.getByRole("link", { name: "Storage" }).first().click();
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Where uploads go" }).click();
  const dialog = page.getByRole("dialog", { name: "Where uploads go" });
  const field = dialog.getByLabel("Folders");
  await expect.poll(() => field.inputValue()).toBe("{year}/{year}-{month}-{day}");
  await dialog.getByText(new RegExp(`/ ${YEAR} / ${YEAR}-\\d\\d-\\d\\d / Take 1.wav$`)).waitFor();
  await field.fill("Rehearsals//{week}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Folders are joined by single slashes").waitFor();
  await lookAt(person, "uploads-where-wrong");
  await field.fill("Rehearsals/{band} {year}");
  await dialog.getByText(new RegExp(`/ Rehearsals / Anna ${YEAR} / Take 1.wav$`)).waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Uploads go there from now on.").waitFor();
  await lookAt(person, "storage-uploads");
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Where uploads go" }).click();
  await expect.poll(() => field.inputValue()).toBe("Rehearsals/{band} {year}");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await writeFile(join(own, "Take 1.wav"), wav(1));
  await choose(person, "Upload recordings", join(own, "Take 1.wav"));
  await panelOf(person).getByText(`Rehearsals/Anna ${YEAR}/Take 1.wav`).waitFor();
  await panelOf(person).getByText("In the library").waitFor({ timeout: 20_000 });
  expect(await readdir(join(folder, "Rehearsals", `Anna ${YEAR}`))).toEqual(["Take 1.wav"]);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("where nothing can be uploaded that is said in place of it", async () => {
  const world = await annasServer({ isWorking: true });
  await world.anna.api.connections.createDemo.mutate({ bandId: world.bandId });
  const person = await openPage(world.server.baseUrl, `/b/${world.bandId}/library`);
  const { page } = person;
  await signIn(person);
  await rowOf(person, "Harbour Lights").waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Upload recordings" }).click();
  await page.getByText(/^The demo recordings take no others/).waitFor();
  await lookAt(person, "uploads-unavailable");
  await page.getByRole("link", { name: "Storage" }).first().click();
  const card = page.getByRole("article");
  await card.getByText(/^The demo recordings take no others/).waitFor();
  expect(await card.getByRole("button", { name: "Upload recordings" }).count()).toBe(0);
  expect(person.complaints).toEqual([]);
}, 240_000);
