import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CDPSession } from "playwright-core";
import { expect, test } from "vitest";
import { wav } from "#tests/library/made-audio.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import { annasServer, type World } from "#tests/support/world.ts";
import { dayOf } from "../../client/app/uploads/day.ts";
import { expectMusic, heading, rowOf, signIn } from "./people.ts";

interface Uploading {
  readonly world: World;
  readonly person: Person;
  /** The storage. */
  readonly folder: string;
  /** Files of her own. */
  readonly own: string;
}

/** Anna in the library of a band whose storage is a folder, and files of hers to upload. */
async function annaWithFiles(): Promise<Uploading> {
  const [folder, own] = [await createTestFolder(), await createTestFolder()];
  const world = await annasServer({ isWorking: true, environment: { FOLDER_ROOTS: folder } });
  const { anna, bandId, server } = world;
  const form = { provider: "folder", folder } as const;
  const { id: connectionId } = await anna.api.connections.create.mutate({ bandId, form });
  await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  const person = await openPage(server.baseUrl, `/b/${bandId}/library`);
  await signIn(person);
  await person.page.getByRole("button", { name: "Upload recordings" }).first().waitFor();
  return { world, person, folder, own };
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

/** A line that takes its time, and that can be cut. */
async function slowLine({ context, page }: Person): Promise<{
  setSpeed(bytesPerSecond: number): Promise<void>;
  /** Without it there is no network. */
  cut(): Promise<void>;
  cdp: CDPSession;
}> {
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  const emulate = (offline: boolean, uploadThroughput: number) =>
    cdp.send("Network.emulateNetworkConditions", {
      ...{ offline, uploadThroughput, downloadThroughput: -1, latency: 0 },
    });
  return {
    cdp,
    setSpeed: async (bytesPerSecond) => void (await emulate(false, bytesPerSecond)),
    cut: async () => void (await emulate(true, 0)),
  };
}

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
  await lookAt(person, "library-nothing");
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

test("a folder is dropped on the library, and goes on after the network was away, from screen to screen", async () => {
  const { person, own, folder, world } = await annaWithFiles();
  const { page } = person;
  await mkdir(join(own, "Tapes", "Old"), { recursive: true });
  await writeFile(join(own, "Tapes", "Side 1.wav"), wav(1500));
  await writeFile(join(own, "Tapes", "Old", "Side 2.wav"), wav(2));
  await writeFile(join(own, "Tapes", "cover.jpg"), "a picture");
  const line = await slowLine(person);
  await line.setSpeed(3_000_000);
  const drag = (type: "dragEnter" | "dragOver" | "drop") =>
    line.cdp.send("Input.dispatchDragEvent", {
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
  const long = sendingOf(person, "Side 1.wav");
  await long.getByText(/^[23]\d %|[23]\d % · .* left/).waitFor({ timeout: 20_000 });
  await page.getByRole("link", { name: "Home" }).first().click();
  await heading(person, "Home");
  world.server.app.server.closeAllConnections();
  await page.getByRole("button", { name: /^Uploads/ }).click();
  await long.getByText(/^Backline does not answer.* It goes on by itself/).waitFor();
  await long.getByText(/ % · .* left/).waitFor({ timeout: 20_000 });
  await line.cut();
  await long.getByText(/There is no network/).waitFor({ timeout: 20_000 });
  await lookAt(person, "uploads-held-up");
  const [waiting] = await world.anna.api.uploads.list.query({ bandId: world.bandId });
  expect(waiting?.offsetBytes, "what has arrived is kept").toBeGreaterThan(0);
  await line.setSpeed(-1);
  await long.getByText("In the library").waitFor({ timeout: 40_000 });
  for (const path of ["Side 1.wav", "Old/Side 2.wav"]) {
    const there = join(folder, usualFolder, basename(path));
    expect(await isSame(join(own, "Tapes", path), there), path).toBe(true);
  }
  expect(person.complaints).toEqual([]);
}, 240_000);

test("after a reload an upload waits for its file, and goes on with it; another one is discarded", async () => {
  const { person, own, folder, world } = await annaWithFiles();
  const { page } = person;
  const [long, other] = [join(own, "Long.wav"), join(own, "Other.wav")];
  await writeFile(long, wav(1500));
  await writeFile(other, wav(1400));
  const line = await slowLine(person);
  await line.setSpeed(3_000_000);
  await choose(person, "Upload recordings", long, other);
  await sendingOf(person, "Long.wav")
    .getByText(/[23]\d %/)
    .waitFor({ timeout: 20_000 });
  await sendingOf(person, "Other.wav").getByRole("button", { name: "Pause Other.wav" }).click();
  await sendingOf(person, "Other.wav")
    .getByText(/^Paused/)
    .waitFor();
  await line.setSpeed(20_000);
  await lookAt(person, "uploads-sending");

  const asked = page.waitForEvent("dialog");
  const reloaded = page.reload();
  await (await asked).accept();
  await reloaded;
  await page.getByRole("button", { name: "Uploads: 2 uploads wait for you to go on" }).click();
  await panelOf(person).getByText("Waiting for their files").waitFor();
  const uploads = await world.anna.api.uploads.list.query({ bandId: world.bandId });
  const kept = uploads.find(({ name }) => name === "Long.wav")?.offsetBytes;
  expect(kept).toBeGreaterThan(0);
  await choose(person, "Choose the file Long.wav", other);
  await panelOf(person)
    .getByText("That is Other.wav; this upload goes on with Long.wav.")
    .waitFor();
  await lookAt(person, "uploads-waiting");
  await panelOf(person).getByRole("button", { name: "Discard Other.wav" }).click();
  await panelOf(person).getByText("Other.wav", { exact: true }).waitFor({ state: "detached" });
  await line.setSpeed(-1);
  const offsets: unknown[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
  });
  await choose(person, "Choose the file Long.wav", long);
  await sendingOf(person, "Long.wav").getByText("In the library").waitFor({ timeout: 40_000 });
  expect(await isSame(long, join(folder, usualFolder, "Long.wav"))).toBe(true);
  expect(offsets[0]).toBe(kept);
  expect(await readdir(join(folder, usualFolder)), "nothing of what was discarded").toEqual([
    "Long.wav",
  ]);
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
  await lookAt(person, "uploads-where");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Uploads go there from now on.").waitFor();
  await lookAt(person, "storage-uploads");
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
  await lookAt(person, "storage-no-uploads");
  expect(person.complaints).toEqual([]);
}, 240_000);
