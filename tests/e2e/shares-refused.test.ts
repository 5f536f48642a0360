import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { lookAt } from "#tests/support/screen.ts";
import { runJobs } from "#tests/support/world.ts";
import { expectMusic, heading } from "./people.ts";
import { annaShares, givePassword, PASSWORD, play, TITLE } from "./sharing.ts";

test("what does not open says why, and what to do", async () => {
  const world = await annaShares();
  const { path, share } = await world.share({ expiresAt: "2999-12-31T00:00:00.000Z" });
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update shares set expires_at = now() where id = ${share.id}`),
  );
  const guest = await world.visit(path);
  const { page } = guest;
  await heading(guest, "This link does not work");
  await page.getByText(/its time is over/).waitFor();
  await lookAt(guest, "share-nowhere");
  await page.goto(`/s/${"x".repeat(43)}`);
  await page.getByText(/its time is over/).waitFor();
  await page.goto("/s/cut-short");
  await page.getByText("The link is not complete.").waitFor();

  const locked = await world.share({}, PASSWORD);
  const stranger = world.server.guest().api.playback.shares;
  const token = locked.path.slice("/s/".length);
  for (let tries = 0; tries < 10; tries += 1) {
    await stranger.open.mutate({ token, password: "a guess" }).catch(() => {});
  }
  await page.goto(locked.path);
  await givePassword(guest, PASSWORD);
  await page.getByText(/There were too many wrong passwords for this link/).waitFor();
  expect(await page.getByRole("button", { name: /^Wait \d+ min$/ }).isDisabled()).toBe(true);
  await lookAt(guest, "share-too-many");

  const { path: plain } = await world.share();
  const looked = Promise.withResolvers<void>();
  let isDown = true;
  await page.route("**/trpc/playback.shares.open**", async (route) => {
    await looked.promise;
    await (isDown ? route.abort() : route.continue());
  });
  await page.goto(plain);
  await heading(guest, "Opening the link");
  await lookAt(guest, "share-loading");
  looked.resolve();
  await heading(guest, "The link could not be opened");
  await lookAt(guest, "share-failed");
  isDown = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(guest, TITLE);
  expect(guest.complaints).toEqual([]);
}, 240_000);

test("a guest is told why nothing comes, and hears it once it does", async () => {
  const world = await annaShares();
  const { path } = await world.share({ canDownload: true });
  const guest = await world.visit(path);
  const { page } = guest;
  await heading(guest, TITLE);
  const heal = world.cloud.fault({ method: "GET", status: 503 });
  await play(guest);
  const told = page.getByRole("status").filter({ hasText: "Try again" });
  await told.getByText(/^The recording can't be had from its storage at the moment/).waitFor();
  await lookAt(guest, "share-trouble");
  // It tries again by itself, too, each time later: just after that there is time for the button.
  const tries = (): number => world.cloud.count({ method: "GET" });
  const before = tries();
  await expect.poll(tries, { timeout: 60_000 }).toBeGreaterThan(before);
  await page.waitForTimeout(1_000);
  heal();
  await told.getByRole("button", { name: "Try again" }).click();
  await expectMusic(guest);

  world.cloud.tree.remove("Low Tide Radio/01 Lighthouse Keepers.mp3");
  await world.anna.api.connections.scan.mutate({ connectionId: world.connection.id });
  await runJobs(world.server);
  await page.reload();
  await page.getByText(/^The recording is not in its storage at the moment/).waitFor();
  expect(await page.getByRole("button", { name: "Play" }).count()).toBe(0);
  expect(await page.getByRole("link", { name: /Download/ }).count()).toBe(0);
  await lookAt(guest, "share-missing");
  expect(guest.complaints).toEqual([]);
}, 240_000);
