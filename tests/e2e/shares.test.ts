import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { demoFolder } from "#tests/support/demo.ts";
import { lookAt, type Person, playheadSeconds } from "#tests/support/screen.ts";
import { expectMusic, heading, rowOf } from "./people.ts";
import { annaShares, givePassword, PASSWORD, play, type Sharing, TITLE } from "./sharing.ts";

/** Nothing sounds, wherever it stands. */
const expectSilence = ({ page }: Person) =>
  expect.poll(() => page.evaluate("window.sounds.every((sound) => sound.paused)")).toBe(true);

/** The style of what stays around the screens of members. */
const isOfFrame = (path: string): boolean => /\/frame-[^/]*\.css$/.test(path);

/** Half a day has passed for whoever has opened a link. */
const letHalfADayPass = ({ server }: Sharing) =>
  write(server.deps, (tx) => tx.execute(sql`update share_guests set expires_at = now()`));

test("a link is made, opened with its password, heard, and taken back while it plays", async () => {
  const world = await annaShares();
  const anna = await world.enter();
  await anna.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await rowOf(anna, TITLE).click({ button: "right" });
  await anna.page.getByRole("menuitem", { name: "Share" }).click();
  const dialog = anna.page.getByRole("dialog", { name: `Share “${TITLE}”` });
  await dialog.getByLabel("Listens at most").waitFor();
  await lookAt(anna, "share-dialog");
  await dialog.getByLabel("Password", { exact: true }).fill("short");
  await dialog.getByLabel("Listens at most").fill("many");
  await dialog.getByLabel("Ends").selectOption("On a date");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  await dialog.getByText("Choose the last day on which it works.").waitFor();
  await dialog.getByText("A password needs at least 8 characters.").waitFor();
  await dialog.getByText(/Enter a whole number/).waitFor();
  await lookAt(anna, "share-dialog-wrong");
  await dialog.getByLabel("Last day").fill("2999-12-31");
  await dialog.getByLabel("Listens at most").fill("20");
  await dialog.getByRole("button", { name: "Make one" }).click();
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const ready = anna.page.getByRole("dialog", { name: "The link is ready" });
  const link = await ready.getByRole("textbox", { name: "Link" }).inputValue();
  const password = await ready.getByRole("textbox", { name: "Password" }).inputValue();
  expect(password).toMatch(/^(?:[a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  await ready.getByRole("button", { name: "Copy link" }).click();
  await ready.getByText("Copied", { exact: true }).waitFor();
  const copied = await anna.page.evaluate("navigator.clipboard.readText()");
  expect(copied).toBe(link);
  await anna.page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error())");
  await ready.getByRole("button", { name: "Copy password" }).click();
  await ready.getByText("It is selected: copy it by hand.").waitFor();
  await lookAt(anna, "share-link");
  await ready.getByRole("button", { name: "Done" }).click();

  const guest = await world.visit(link);
  const { page } = guest;
  await heading(guest, "This link takes a password");
  expect(await page.getByText(TITLE).count(), "told before its password is given").toBe(0);
  await lookAt(guest, "share-password");
  await givePassword(guest, "not the password");
  await page.getByText(/That is not the password of this link/).waitFor();
  await lookAt(guest, "share-password-wrong");
  await givePassword(guest, password);
  await heading(guest, TITLE);
  expect(await page.title()).toBe(`${TITLE} · Backline`);
  await page.getByText("20 listens left").waitFor();
  await page.getByText(/^This link works until .*2999/).waitFor();
  expect(await page.getByRole("link", { name: /Download/ }).count()).toBe(0);
  await lookAt(guest, "share");

  await play(guest);
  await expectMusic(guest);
  await page.getByText("19 listens left").waitFor();
  await page.getByRole("slider", { name: "Position" }).focus();
  const before = await playheadSeconds(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => playheadSeconds(page), { timeout: 5_000 }).toBeGreaterThan(before + 8);
  await lookAt(guest, "share-playing");
  await page.keyboard.press("Home");
  await expectMusic(guest);

  await anna.page.getByRole("link", { name: "Shares" }).first().click();
  const line = anna.page.getByRole("list", { name: "Public links" }).getByRole("listitem");
  await line.getByText(/^Heard 1 of 20 times, last /).waitFor();
  await anna.page.getByRole("button", { name: `More for the link to ${TITLE}` }).click();
  await lookAt(anna, "shares-menu");
  await anna.page.getByRole("menuitem", { name: "Take back" }).click();
  const question = anna.page.getByRole("dialog", { name: "Take the link back?" });
  await question.getByText(/who listens by it now is cut off/).waitFor();
  await lookAt(anna, "shares-remove");
  await page.getByRole("slider", { name: "Position" }).press("Home");
  await expectMusic(guest);
  await question.getByRole("button", { name: "Take back" }).click();
  await page.getByText(/it was taken back/).waitFor({ timeout: 5_000 });
  await expectSilence(guest);
  await lookAt(guest, "share-taken-back");
  await heading(anna, "Nothing is shared");
  await lookAt(anna, "shares-empty");
  expect(anna.complaints).toEqual([]);
  expect(guest.complaints).toEqual([]);
}, 300_000);

test("whoever opens a link is asked for nothing else, and a member no more than a guest", async () => {
  const world = await annaShares();
  const { path } = await world.share({ playLimit: 5 });
  const guest = await world.visit("/icon.svg");
  const { page } = guest;
  const refused: string[] = [];
  const asked: string[] = [];
  // Nobody draws in this world, so there is no waveform yet.
  page.on("response", (response) => {
    const url = response.url();
    if (response.status() >= 400 && !url.includes("/waveform/")) refused.push(url);
  });
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(path);
  await heading(guest, TITLE);
  await page.keyboard.press(" ");
  await expectMusic(guest);
  await page.keyboard.press("m");
  await page.getByRole("button", { name: "Unmute" }).waitFor();
  await page.keyboard.press(" ");
  await expectSilence(guest);
  expect(await page.evaluate("navigator.mediaSession.metadata.title")).toBe(TITLE);
  expect(refused).toEqual([]);
  const calls = asked.filter((each) => each.startsWith("/trpc/"));
  expect([...new Set(calls)].sort()).toEqual([
    "/trpc/auth.csrf",
    "/trpc/playback.shares.beginListen",
    "/trpc/playback.shares.open",
  ]);
  expect(asked.filter(isOfFrame)).toEqual([]);

  await page.reload();
  await play(guest);
  await expectMusic(guest);
  await page.getByText("4 listens left").waitFor();
  await page.getByRole("button", { name: "Unmute" }).waitFor();
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);

  const anna = await world.visit("/icon.svg");
  const frames = anna.page.waitForRequest((request) => isOfFrame(request.url()));
  await world.enterAs(anna);
  await frames;
  await anna.page.goto(path);
  await heading(anna, TITLE);
  await play(anna);
  await expectMusic(anna);
  await anna.page.getByText("3 listens left").waitFor();
  expect(anna.complaints).toEqual([]);
  expect(guest.complaints).toEqual([]);
}, 240_000);

test("a link that allows it brings the file, which counts as a listen", async () => {
  const world = await annaShares();
  const { path } = await world.share({ canDownload: true, playLimit: 1 });
  const guest = await world.visit(path);
  await heading(guest, TITLE);
  await lookAt(guest, "share-download");
  const [download] = await Promise.all([
    guest.page.waitForEvent("download"),
    guest.page.getByRole("link", { name: /^Download \(/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("01 Lighthouse Keepers.mp3");
  const file = await readFile(join(demoFolder, "Low Tide Radio/01 Lighthouse Keepers.mp3"));
  expect((await readFile(await download.path())).equals(file)).toBe(true);
  await guest.page.getByText("No more listens are left").waitFor();
  await play(guest);
  await expectMusic(guest);

  const late = await world.visit(path);
  await heading(late, "This link is used up");
  await late.page.getByText(/listened to as often as it may be/).waitFor();
  await lookAt(late, "share-used-up");
  expect(guest.complaints).toEqual([]);
  expect(late.complaints).toEqual([]);
}, 240_000);

test("a link that was used up meanwhile says so when play is pressed", async () => {
  const world = await annaShares();
  const { path } = await world.share({ playLimit: 1 });
  const [first, second] = [await world.visit(path), await world.visit(path)];
  await heading(second, TITLE);
  await play(first);
  await expectMusic(first);
  await play(second);
  await heading(second, "This link is used up");
  await expectSilence(second);
  expect(second.complaints).toEqual([]);
}, 120_000);

test("a guest whose half day is over goes on, by the password where there is one", async () => {
  const world = await annaShares();
  const plain = await world.visit((await world.share()).path);
  const asked = await world.visit((await world.share({}, PASSWORD)).path);
  await givePassword(asked, PASSWORD);
  for (const guest of [plain, asked]) {
    await play(guest);
    await expectMusic(guest);
  }
  await letHalfADayPass(world);
  await heading(asked, "This link takes a password");
  await expectSilence(asked);
  const before = await playheadSeconds(plain.page);
  await givePassword(asked, PASSWORD);
  await heading(asked, TITLE);
  await expectMusic(asked);
  await expect.poll(() => playheadSeconds(plain.page)).toBeGreaterThan(before);
  const counts = async () => {
    const { shares } = await world.anna.api.playback.shares.list.query({ bandId: world.bandId });
    return shares.map(({ playCount }) => playCount);
  };
  await expect.poll(counts, { message: "each was let in twice" }).toEqual([2, 2]);
  expect(plain.complaints).toEqual([]);
  expect(asked.complaints).toEqual([]);
}, 240_000);
