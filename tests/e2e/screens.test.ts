import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wav } from "#tests/library/made-audio.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import { annasStorage, runJobs, type StorageWorld } from "#tests/support/world.ts";
import { expectMusic, rowOf, signIn } from "./people.ts";

/**
 * Anna, signed in, with the demo recordings in a storage that does what it is told.
 *
 * @param tapes - so many more recordings in the folder Tapes.
 */
async function annaWithDemo({ tapes = 0 } = {}): Promise<{ world: StorageWorld; person: Person }> {
  const files = await Promise.all(
    demoRecordings.map(async ({ path }) => [path, await readFile(join(demoFolder, path))] as const),
  );
  const world = await annasStorage(
    (cloud) => {
      for (const [path, bytes] of files) cloud.tree.put(path, bytes);
      for (let n = 1; n <= tapes; n += 1) cloud.tree.put(`Tapes/Side ${n}.wav`, wav(1 + n / 10));
    },
    { server: { environment: { FOLDER_ROOTS: await createTestFolder() } } },
  );
  const person = await openPage(world.server.baseUrl, `/b/${world.bandId}/library`);
  await signIn(person);
  await rowOf(person, "Harbour Lights").waitFor();
  return { world, person };
}

test("the player opens to its queue, and on a phone to the whole screen", async () => {
  const { person } = await annaWithDemo();
  const { page } = person;
  await rowOf(person, "Harbour Lights").dblclick();
  await expectMusic(person);
  await page.getByRole("button", { name: "Queue" }).click();
  await page.getByRole("heading", { name: "Up next" }).waitFor();
  await lookAt(person, "queue");
  await page.keyboard.press("Escape");

  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open the player" }).click();
  await page.getByRole("dialog", { name: "Player, whole screen" }).waitFor();
  await lookAt(person, "full-player");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("help, commands and filters open over what is there", async () => {
  const { person } = await annaWithDemo();
  const { page } = person;
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await lookAt(person, "keyboard-help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("What would you like to do?").waitFor();
  await lookAt(person, "commands");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Filter" }).click();
  await lookAt(person, "filters");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a scan shows its figures, asks before it gives much up, and shows what is missing", async () => {
  const { world, person } = await annaWithDemo({ tapes: 20 });
  const { page } = person;
  await page.goto(`/b/${world.bandId}/storage`);
  for (const path of ["Low Tide Radio", "Tapes"]) world.cloud.tree.remove(path);

  const awake = world.cloud.fault({ method: "PROPFIND", path: "Rehearsals", stall: true });
  const startScan = async (button = "Scan now") => {
    await page.getByRole("button", { name: button }).click();
    await page.getByText("Waiting to begin").first().waitFor();
    return runJobs(world.server);
  };
  const scanning = startScan();
  await page.getByText("Looking for audio").first().waitFor();
  await lookAt(person, "scan-running");
  await page.reload();
  await page.getByText("Looking for audio").first().waitFor();
  awake();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The scan was stopped. Nothing was lost.").waitFor();
  await scanning;

  await startScan();
  await page.getByRole("button", { name: "Mark as missing" }).waitFor();
  await lookAt(person, "scan-withheld");
  await startScan("Mark as missing");
  await page.getByText("Missing", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Library" }).first().click();
  await page
    .getByText(/^Missing since /)
    .first()
    .waitFor();
  await lookAt(person, "library-missing");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a folder of the server, another password, and a storage that goes: each has its screen", async () => {
  const { world, person } = await annaWithDemo();
  const { page } = person;
  await page.goto(`/b/${world.bandId}/storage/add`);
  await page.getByText("Folder on this server").click();
  await page.getByRole("button", { name: "Connect" }).waitFor();
  await lookAt(person, "connect-folder");

  world.cloud.setPassword(world.cloud.username, "another");
  await world.anna.api.connections.check.mutate({ connectionId: world.connection.id });
  await page.goto(`/b/${world.bandId}/storage`);
  await page.getByRole("link", { name: "Reconnect" }).waitFor();
  await lookAt(person, "storage-needs-reconnect");
  await page.getByRole("link", { name: "Reconnect" }).click();
  await page.getByText("Your library, its folder and its history stay as they are.").waitFor();
  await lookAt(person, "reconnect");
  // Only the password is left to type.
  await page.getByLabel("App password", { exact: true }).fill("another");
  await page.getByRole("button", { name: "Reconnect" }).click();
  await page.getByText("Works.", { exact: true }).waitFor();

  await page.getByRole("button", { name: /^More for / }).click();
  await page.getByRole("menuitem", { name: "Disconnect" }).click();
  await page.getByText(/Removes 8 tracks of it/).waitFor();
  await lookAt(person, "disconnect");
  expect(person.complaints).toEqual([]);
}, 240_000);
