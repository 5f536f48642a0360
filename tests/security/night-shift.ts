import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { BandRole } from "#contract/bands.ts";
import type { ConnectForm } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import { type SharedLink, sharePath } from "#contract/shares.ts";
import { rateLimits, totpFactors, userPictures, users } from "#drizzle/schema/index.ts";
import { insertBand, insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { createPerson, type Person, signIn } from "#tests/auth/people.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { startServer, type TestServer, type TestServerOptions } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";

/**
 * Who may stand before the server: nobody at all, somebody with a band of their own, the members of
 * the band Night Shift, an owner of it who was suspended while signed in, another who has shown the
 * password and owes the second factor, an administrator who does not belong to it, and the guest of a
 * public link to one of its recordings, who listens to it already.
 */
export const principals = [
  "nobody",
  "stranger",
  "listener",
  "editor",
  "owner",
  "suspended",
  "halfway",
  "admin",
  "guest",
] as const;
export type Principal = (typeof principals)[number];

/** What a request can be about. */
export interface Objects {
  readonly bandId: string;
  readonly connectionId: string;
  readonly trackId: string;
  readonly shareId: string;
  readonly playlistId: string;
  readonly rehearsalId: string;
  readonly itemId: string;
  readonly commentId: string;
  readonly form: ConnectForm;
}

/** With the secret of the public link that is among them. */
interface Shared extends Objects {
  readonly token: string;
}

export interface Visitor {
  readonly baseUrl: string;
  readonly browser: Browser;
  readonly csrf: string;
  /** `null` for nobody. */
  readonly person: Person | null;
}

export interface NightShift {
  readonly server: TestServer;
  readonly as: Readonly<Record<Principal, Visitor>>;
  /** What belongs to the band Night Shift. */
  readonly theirs: Objects;
  /** What belongs to the stranger's own band. */
  readonly strangers: Objects;
  /** Objects that do not exist. */
  nothing(): Objects;
}

/** The band Night Shift with a scanned storage, and everybody signed in. */
export async function nightShift(options: TestServerOptions = {}): Promise<NightShift> {
  const server = await startServer({ clientDir: await createTestFolder(), ...options });
  const bandId = createId<BandId>(server.deps.now());
  await write(server.deps, (tx) =>
    insertBand(tx, { id: bandId, name: "Night Shift", isPersonal: false }),
  );
  const as = Object.fromEntries(
    await Promise.all(principals.map(async (each) => [each, await invite(server, bandId, each)])),
  ) as Record<Principal, Visitor>;

  const theirs = await connectStorage(server, as.owner, bandId, "Night Shift");
  const { personalBandId } = (await as.stranger.browser.query("auth.me")).data as {
    personalBandId: string;
  };
  const strangers = await connectStorage(server, as.stranger, personalBandId, "Strangers");
  await visitShare(as.guest, theirs);
  await suspend(server, as.suspended);
  await forgetTries(server);
  return {
    server,
    as,
    theirs,
    strangers,
    nothing: () => ({
      bandId: randomUUID(),
      connectionId: randomUUID(),
      trackId: randomUUID(),
      shareId: randomUUID(),
      playlistId: randomUUID(),
      rehearsalId: randomUUID(),
      itemId: randomUUID(),
      commentId: randomUUID(),
      form: theirs.form,
    }),
  };
}

/**
 * Asking often is what a test does, and not what it is about. What a server has counted by itself
 * follows with the next that it tells the others, within fifty.
 */
export async function forgetTries({ deps }: Pick<TestServer, "deps">): Promise<void> {
  await write(deps, (tx) => tx.delete(rateLimits));
}

async function invite(server: TestServer, bandId: BandId, principal: Principal): Promise<Visitor> {
  const { baseUrl } = server;
  const browser = openBrowser(baseUrl);
  if (principal === "nobody" || principal === "guest") {
    return { baseUrl, browser, csrf: await browser.csrfToken(), person: null };
  }

  const role = principal === "admin" ? "admin" : "user";
  const person = await createPerson(server.deps, `canary-${principal}`, { role, isVerified: true });
  const isLikeOwner = principal === "suspended" || principal === "halfway";
  const membership = isLikeOwner ? "owner" : BandRole.safeParse(principal).data;
  if (membership) {
    await write(server.deps, (tx) =>
      insertMember(tx, { bandId, userId: person.userId, role: membership }),
    );
  }
  await write(server.deps, (tx) => tx.insert(userPictures).values(pictureOf(person)));
  if (principal === "halfway") return standHalfway(server, person);
  await signIn(browser, person);
  return { baseUrl, browser, csrf: await browser.csrfToken(), person };
}

/** Shows what they have, the ticket for the second step, wherever a session would be shown. */
async function standHalfway({ deps, baseUrl }: TestServer, person: Person): Promise<Visitor> {
  await write(deps, (tx) =>
    tx
      .insert(totpFactors)
      .values({ userId: person.userId, sealedSecret: "nobody opens it", confirmedAt: deps.now() }),
  );
  const first = openBrowser(baseUrl);
  const { ticket } = (await signIn(first, person)).data as { ticket: string };
  const browser = openBrowser(baseUrl, { authorization: `Bearer ${ticket}` }, first);
  for (const name of ["backline-access", "backline-refresh"]) browser.cookies.set(name, ticket);
  return { baseUrl, browser, csrf: await browser.csrfToken(), person };
}
/** Everybody has one of their own. */
const pictureOf = ({ userId, email }: Person) => ({
  userId,
  hash: email,
  small: Buffer.from(`small ${email}`),
  large: Buffer.from(`large ${email}`),
});

async function suspend({ deps }: TestServer, { person }: Visitor): Promise<void> {
  if (!person) throw new Error("Nobody cannot be suspended.");
  await write(deps, (tx) =>
    tx.update(users).set({ suspendedAt: sql`now()` }).where(eq(users.id, person.userId)),
  );
}

async function connectStorage(
  server: TestServer,
  { browser }: Visitor,
  bandId: string,
  artist: string,
): Promise<Shared> {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  await fill(cloud, artist);
  const { url, username, password } = cloud;
  const form = { provider: "webdav", url, username, password } as const;
  const made = await browser.mutate("connections.create", { bandId, form });
  const { id: connectionId } = made.data as { id: string };
  await browser.mutate("connections.setRoot", { connectionId, folder: null });
  await runJobs(server);

  const { data } = await browser.query("library.tracks.list", { bandId, sort: "title" });
  const { tracks } = data as { tracks: readonly { id: string; coverHash: string | null }[] };
  const [track] = tracks;
  if (tracks.length !== 3 || !track?.coverHash) throw new Error("The storage was not scanned.");
  const { shareId, token } = await shareTrack(browser, track.id);
  const listed = await listTrack(browser, bandId, track.id);
  const commentId = await writeAbout(browser, track.id);
  const rehearsalId = await noteRehearsal(browser, bandId, track.id);
  const lists = { ...listed, rehearsalId };
  return { bandId, connectionId, trackId: track.id, shareId, ...lists, commentId, token, form };
}

async function writeAbout(browser: Browser, trackId: string): Promise<string> {
  const order = { trackId, atMs: 0, text: "Canary comment" };
  return ((await browser.mutate("library.comments.create", order)).data as { id: string }).id;
}

async function noteRehearsal(browser: Browser, bandId: string, trackId: string) {
  const order = { bandId, heldOn: "2026-03-14", title: "Canary day", trackIds: [trackId] };
  return ((await browser.mutate("library.rehearsals.create", order)).data as { id: string }).id;
}

async function listTrack(browser: Browser, bandId: string, trackId: string) {
  const order = { bandId, name: "Canary list", trackIds: [trackId] };
  const made = await browser.mutate("playback.playlists.create", order);
  const { id: playlistId } = made.data as { id: string };
  const { data } = await browser.query("playback.playlists.items", { playlistId });
  const [item] = (data as { items: readonly { id: string }[] }).items;
  if (!item) throw new Error("The playlist is empty.");
  return { playlistId, itemId: item.id };
}

async function shareTrack(
  browser: Browser,
  trackId: string,
): Promise<{ readonly shareId: string; readonly token: string }> {
  const terms = { expiresAt: null, playLimit: null, canDownload: false, canComment: true };
  const order = { trackId, terms, password: null };
  const { data } = await browser.mutate("playback.shares.create", order);
  const { share, path } = data as SharedLink;
  return { shareId: share.id, token: path.slice(sharePath("").length) };
}

async function visitShare(
  { browser }: Visitor,
  { shareId, trackId, token }: Shared,
): Promise<void> {
  await browser.mutate("playback.shares.open", { token });
  const { status } = await browser.mutate("playback.shares.beginListen", { shareId, trackId });
  if (status !== 200) throw new Error("The link was not opened.");
}

async function fill(cloud: FaultServer, artist: string): Promise<void> {
  const background = artist === "Strangers" ? "#204080" : "#802040";
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
  for (const title of ["Take 1", "Take 2", "Take 3"]) {
    cloud.tree.put(`Live/${title}.mp3`, mp3({ TIT2: title, TPE1: artist }, 1, picture));
  }
}
