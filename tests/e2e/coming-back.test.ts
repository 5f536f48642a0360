import { expect, onTestFinished, test } from "vitest";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { lookAt, openPage } from "#tests/support/screen.ts";
import { startServer } from "#tests/support/server.ts";
import { annasStorage } from "#tests/support/world.ts";
import { ACCOUNT, arriveAtSetup, makeFirstAccount, rowOf, signIn } from "./people.ts";

test("who signs out and in again finds everything, and the address they came for", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/Voice memo.mp3", "no audio"));
  const library = `/b/${world.bandId}/library`;
  const person = await openPage(world.server.baseUrl, library);
  const { page } = person;
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await lookAt(person, "sign-in");

  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await lookAt(person, "sign-in-refused");
  await signIn(person);
  await rowOf(person, "Voice memo").waitFor();
  expect(new URL(page.url()).pathname).toBe(library);

  await page.getByRole("button", { name: "Account of Anna" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto(library);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await signIn(person);
  await rowOf(person, "Voice memo").waitFor();
  expect(person.complaints).toEqual([]);
}, 120_000);

test("a storage that is down says so on its card and at home, and the library stays", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/Voice memo.mp3", "no audio"));
  world.cloud.fault({ status: 503 });
  await world.anna.api.connections.check.mutate({ connectionId: world.connection.id });
  const person = await openPage(world.server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await page
    .getByText(/has been unavailable since /)
    .first()
    .waitFor();
  await lookAt(person, "home-unavailable");
  await page.getByRole("link", { name: "Storage" }).first().click();
  await page
    .getByText(/Since /)
    .first()
    .waitFor();
  await lookAt(person, "storage-unavailable");
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "Voice memo").waitFor();
  await page.getByText(/has been unavailable since /).waitFor();
  await lookAt(person, "library-unavailable");
  expect(person.complaints).toEqual([]);
}, 180_000);

test("an address that leads nowhere says so beside the form, with what to do", async () => {
  const person = await arriveAtSetup();
  const { page } = person;
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  cloud.fault({ status: 200, headers: { "content-type": "text/html" }, text: "<html>hi</html>" });
  await makeFirstAccount(person);
  await page.getByText("Nextcloud or WebDAV").first().click();
  await page.getByRole("button", { name: "Use an app password, or another WebDAV server" }).click();
  await page.getByLabel("Address").fill(cloud.url);
  await page.getByLabel("User name").fill("anna");
  await page.getByLabel("App password", { exact: true }).fill("whatever-4711");
  await page.getByRole("button", { name: "Connect" }).click();
  const sentence = await page
    .getByRole("alert")
    .filter({ hasText: /WebDAV/ })
    .innerText();

  expect(sentence).toMatch(/address/i);
  expect(person.complaints).toEqual([]);
}, 120_000);

test("every other screen holds: home, an empty library, settings, a track, nothing at all", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/Voice memo.mp3", "no audio"));
  const person = await openPage(world.server.baseUrl, "/sign-in");
  const { page } = person;
  await signIn(person);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await lookAt(person, "home");
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await lookAt(person, "settings");
  await page.goto(`/b/${world.bandId}/library?q=nothing+like+it`);
  await page.getByText(/Nothing matches/).waitFor();
  await lookAt(person, "library-no-match");
  const track = (await world.anna.api.library.tracks.list.query({ bandId: world.bandId }))
    .tracks[0];
  await page.goto(`/b/${world.bandId}/tracks/${track?.id}`);
  await page.getByRole("heading", { name: "Voice memo" }).waitFor();
  await lookAt(person, "track");
  await page.goto(`/b/${world.bandId}/nowhere`);
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await lookAt(person, "nowhere");
  expect(person.complaints).toEqual([]);
}, 240_000);

test("before anybody has an account, visitors are told where the link is", async () => {
  const server = await startServer();
  const person = await openPage(server.baseUrl, "/");
  await person.page.getByRole("heading", { name: /nobody has an account yet/ }).waitFor();
  await lookAt(person, "not-set-up");
  expect(person.complaints).toEqual([]);
}, 120_000);
