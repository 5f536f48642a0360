import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { SharedLink } from "#contract/shares.ts";
import { write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { makeBand } from "#tests/leaving/leaver.ts";
import { lookAt, type Person } from "#tests/support/screen.ts";
import { trackAt } from "#tests/support/world.ts";
import { arrive, heading, openSettings, rowOf, signIn } from "./people.ts";
import { annaShares, givePassword, PASSWORD, type Sharing, TITLE } from "./sharing.ts";

const OTHERS = ["Moth Hour", "Harbour Lights", "Café Électrique"] as const;

const linesOf = ({ page }: Person) =>
  page.getByRole("list", { name: "Public links" }).getByRole("listitem");

const openShares = async (anna: Person) => {
  await anna.page.getByRole("link", { name: "Shares" }).first().click();
  await linesOf(anna).first().waitFor();
};

const choose = async ({ page }: Person, title: string, item: string) => {
  await page.getByRole("button", { name: `More for the link to ${title}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

const command = async ({ page }: Person, words: string) => {
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("What would you like to do?").fill(words);
};

const expire = ({ server }: Sharing, { share }: SharedLink) =>
  write(server.deps, (tx) =>
    tx.execute(sql`update shares set expires_at = now() where id = ${share.id}`),
  );

/** Somebody opens the link and begins to listen. */
async function listen({ server }: Sharing, { path }: SharedLink): Promise<void> {
  const { api } = server.guest();
  const opened = await api.playback.shares.open.mutate({ token: path.slice("/s/".length) });
  if (opened.status !== "open") throw new Error("It takes a password.");
  const {
    shareId,
    tracks: [track],
  } = opened;
  if (!track) throw new Error("It leads to nothing.");
  await api.playback.shares.beginListen.mutate({ shareId, trackId: track.id });
}

test("the links of a band say how they do, page by page", async () => {
  const world = await annaShares();
  for (let more = 0; more < 18; more += 1) await world.share({}, null, "Voice memo");
  const [once, past, plain] = [
    await world.share({ playLimit: 1 }, null, OTHERS[0]),
    await world.share({}, null, OTHERS[1]),
    await world.share({ canDownload: true }, PASSWORD, OTHERS[2]),
  ];
  await world.share({ expiresAt: "2999-12-31T12:00:00.000Z", playLimit: 20 });
  await listen(world, once);
  await expire(world, past);
  expect(plain.share.state).toBe("open");

  const anna = await world.enter();
  const { page } = anna;
  await openShares(anna);
  const line = (title: string) => linesOf(anna).filter({ hasText: title });
  await line(TITLE).getByText("Heard 0 of 20 times", { exact: true }).waitFor();
  await line(TITLE)
    .getByText(/^Ends .*2999.* · Made by Anna just now$/)
    .waitFor();
  await line(OTHERS[0]).getByText("Used up").waitFor();
  await line(OTHERS[0])
    .getByText(/^Heard 1 of 1 time, last just now$/)
    .waitFor();
  await line(OTHERS[1]).getByText("Expired").waitFor();
  for (const tag of ["Password", "Download"]) {
    await line(OTHERS[2]).getByText(tag, { exact: true }).waitFor();
  }
  await lookAt(anna, "shares");
  expect(await linesOf(anna).count()).toBe(20);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect.poll(() => linesOf(anna).count()).toBe(22);
  expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  await line(TITLE).getByRole("link", { name: TITLE }).click();
  await heading(anna, TITLE);

  const looked = Promise.withResolvers<void>();
  let isDown = true;
  await page.route("**/trpc/*playback.shares.list**", async (route) => {
    await looked.promise;
    await (isDown ? route.abort() : route.continue());
  });
  await page.goto(`/b/${world.bandId}/shares`);
  await heading(anna, "Shares");
  await lookAt(anna, "shares-loading");
  looked.resolve();
  await heading(anna, "The links could not be loaded.");
  await lookAt(anna, "shares-failed");
  isDown = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await linesOf(anna).first().waitFor();
  expect(anna.complaints).toEqual([]);
}, 240_000);

test("terms are changed, and another link takes the place of one", async () => {
  const world = await annaShares();
  const made = await world.share({ expiresAt: "2999-12-31T12:00:00.000Z" });
  const anna = await world.enter();
  const { page } = anna;
  await openShares(anna);
  await choose(anna, TITLE, "Edit terms");
  const terms = page.getByRole("dialog", { name: `Terms of the link to “${TITLE}”` });
  await terms.getByRole("radio", { name: "Ask for a password" }).check();
  await terms.getByRole("button", { name: "Save" }).click();
  await terms.getByText("A password needs at least 8 characters.").waitFor();
  await lookAt(anna, "shares-edit");
  await terms.getByRole("button", { name: "Make one" }).click();
  await terms.getByLabel("Listens at most").fill("3");
  await terms.getByLabel("The file may be downloaded").check();
  await terms.getByRole("button", { name: "Save" }).click();
  const password = await terms.getByRole("textbox", { name: "New password" }).inputValue();
  await lookAt(anna, "shares-new-password");
  await terms.getByRole("button", { name: "Done" }).click();
  const line = linesOf(anna);
  for (const tag of ["Password", "Download"]) await line.getByText(tag, { exact: true }).waitFor();
  await line.getByText("Heard 0 of 3 times").waitFor();
  await line.getByText(/^Ends .*2999/).waitFor();

  const guest = await world.visit(made.path);
  await givePassword(guest, password);
  await heading(guest, TITLE);

  await choose(anna, TITLE, "Edit terms");
  await lookAt(anna, "shares-edit-password");
  await terms.getByRole("radio", { name: "No password" }).check();
  await terms.getByLabel("Ends").selectOption("Never");
  await terms.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => line.getByText("Password", { exact: true }).count()).toBe(0);
  await line.getByText(/^Does not end by itself/).waitFor();

  await choose(anna, TITLE, "New link");
  const question = page.getByRole("dialog", { name: "Make a new link?" });
  await question.getByText(/leads nowhere at once/).waitFor();
  await lookAt(anna, "shares-renew");
  await question.getByRole("button", { name: "Make a new link" }).click();
  const ready = page.getByRole("dialog", { name: "The link is ready" });
  const link = await ready.getByRole("textbox", { name: "Link" }).inputValue();
  expect(link).not.toContain(made.path);
  await lookAt(anna, "shares-renewed");
  await guest.page.reload();
  await heading(guest, "This link does not work");
  await guest.page.goto(link);
  await heading(guest, TITLE);
  expect(anna.complaints).toEqual([]);
  expect(guest.complaints).toEqual([]);
}, 240_000);

test("a recording's own screen shares it, and shows which links it has", async () => {
  const world = await annaShares();
  await world.share({ playLimit: 5 }, PASSWORD);
  const { id } = await trackAt(world, "Low Tide Radio/01 Lighthouse Keepers.mp3");
  const anna = await world.enter();
  const { page } = anna;
  await page.goto(`/b/${world.bandId}/tracks/${id}`);
  await heading(anna, TITLE);
  await lookAt(anna, "track-share");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Share “${TITLE}”` });
  const links = dialog.getByRole("list", { name: "Links to this recording" });
  await links.getByText("Heard 0 of 5 times").waitFor();
  await lookAt(anna, "share-dialog-links");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  await command(anna, "share this");
  await page.keyboard.press("Enter");
  await dialog.getByRole("link", { name: "Manage them in Shares" }).click();
  await dialog.waitFor({ state: "detached" });
  await heading(anna, "Shares");
  await command(anna, "share this");
  await page.getByText("No command has these words.").waitFor();
  expect(anna.complaints).toEqual([]);
}, 120_000);

test("who only listens finds nothing to share with", async () => {
  const world = await annaShares();
  const ben = await createPerson(world.server.deps, "ben", { isVerified: true });
  await write(world.server.deps, (tx) =>
    tx.execute(sql`insert into members (band_id, user_id, role)
      values (${world.bandId}, ${ben.userId}, 'listener')`),
  );
  const bens = await world.visit("/sign-in");
  const { page } = bens;
  await signIn(bens, ben);
  await arrive(bens);
  await page.goto(`/b/${world.bandId}/library`);
  await rowOf(bens, TITLE).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Play next" }).waitFor();
  expect(await page.getByRole("menuitem", { name: "Share" }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Shares" }).count()).toBe(0);
  await page.getByRole("menuitem", { name: "Details" }).click();
  await heading(bens, TITLE);
  await page.getByRole("link", { name: "Download" }).waitFor();
  expect(await page.getByRole("button", { name: "Share", exact: true }).count()).toBe(0);
  await page.goto(`/b/${world.bandId}/shares`);
  await heading(bens, "There is nothing here");
  expect(bens.complaints).toEqual([]);
}, 120_000);

test("who deletes their account says whether their links stay where the band goes on", async () => {
  const world = await annaShares();
  const { deps } = world.server;
  const ben = await createPerson(deps, "ben", { isVerified: true });
  const { userId } = await createPerson(deps, "carla");
  const duo = await makeBand(world.server, "Duo", { [ben.userId]: "owner", [userId]: "editor" });
  const link = await world.share();
  await write(deps, (tx) =>
    tx.execute(sql`update shares set created_by = ${ben.userId}, band_id = ${duo}`),
  );
  const bens = await world.visit("/sign-in");
  const { page } = bens;
  await signIn(bens, ben);
  await arrive(bens);
  await openSettings(bens);
  await page.getByRole("link", { name: "Look at it" }).click();
  const keep = page.getByRole("checkbox", { name: /^Keep the 1 public link that I made/ });
  await keep.waitFor();
  await page.getByRole("radio", { name: "Remove it for everybody" }).check();
  await expect.poll(() => keep.count()).toBe(0);
  await page.getByRole("radio", { name: "Hand it over" }).check();
  await keep.check();
  await lookAt(bens, "delete-account-shares");
  await page.getByRole("button", { name: "Delete my account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete your account for good?" });
  await dialog.getByLabel("Type ben@band.example to confirm").fill(ben.email);
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await heading(bens, "Your account is deleted");
  await page.goto(link.path);
  await heading(bens, TITLE);
  expect(bens.complaints).toEqual([]);
}, 120_000);
