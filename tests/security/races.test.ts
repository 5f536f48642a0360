import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BandId, ConnectionId, ShareId, TrackId, UserId } from "#contract/ids.ts";
import { createToken, hashToken, totpCodeAt } from "#server/auth/crypto.ts";
import { insertInvitation } from "#server/auth/invitation-store.ts";
import { toKnownDevice } from "#server/auth/known-device.ts";
import { replaceMailedToken } from "#server/auth/mailed-token-store.ts";
import { replaceBackupCodes, saveStep, saveUnconfirmed } from "#server/auth/second-factor-store.ts";
import { openSession } from "#server/auth/service.ts";
import { startSetup } from "#server/auth/setup.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { insertGuest } from "#server/shares/guest-store.ts";
import { insertShare } from "#server/shares/store.ts";
import { createPerson, type Person } from "#tests/auth/people.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { type Heat, inProcesses, type Outcome, overHttp, type Racers } from "./racers.ts";

const AT_ONCE = 64;
/** Enough to see that nothing in front lets two through, or stands in the way of the one. */
const ROUNDS_OVER_HTTP = 10;
const ROUNDS = 200;
const STEP_SECONDS = 30;

interface Race {
  readonly name: string;
  /** What whoever does not win is told. */
  readonly refusal: string;
  readonly winners: number;
  prepare(): Promise<Heat>;
  /** How often it happened according to the database. */
  readonly happened: string;
  check?(outcomes: readonly Outcome[]): void | Promise<void>;
}

async function run(deps: TestDeps, racers: Racers, race: Race, rounds: number): Promise<void> {
  const told: Record<string, number> = {};
  let decided = 0;
  const before = await countOf(deps, race.happened);
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const outcomes = await racers.start(await race.prepare());
    for (const { code } of outcomes) told[code] = (told[code] ?? 0) + 1;
    if (outcomes.filter(({ code }) => code === "won").length === race.winners) decided += 1;
    await race.check?.(outcomes);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${race.name}: ${AT_ONCE} at once × ${rounds} rounds ${racers.name}, ${JSON.stringify(told)}, right in ${decided}, ${seconds} s`,
  );
  const lost = (AT_ONCE - race.winners) * rounds;
  expect([race.name, decided, told]).toEqual([
    race.name,
    rounds,
    { won: race.winners * rounds, ...(lost > 0 ? { [race.refusal]: lost } : {}) },
  ]);
  await expect
    .poll(async () => (await countOf(deps, race.happened)) - before, { timeout: 60_000 })
    .toBe(rounds);
}

async function countOf(deps: TestDeps, from: string): Promise<number> {
  const rows = await deps.db.execute<{ count: number }>(
    sql.raw(`select count(*)::int as count from ${from}`),
  );
  return rows[0]?.count ?? 0;
}

const crowd = <T>(make: (asker: number) => T): T[] =>
  Array.from({ length: AT_ONCE }, (_, n) => make(n));

const NEW_PERSON = { name: "Anna", password: "seven blue trombones" };

/** An empty server each time. */
const firstAdmin = (deps: TestDeps): Race => ({
  name: "the first administrator",
  refusal: "not_found",
  winners: 1,
  happened: "audit_events where action = 'account.registered' and details->>'by' = 'setup'",
  async prepare() {
    await write(deps, async (tx) => {
      await tx.execute(sql`delete from bands`);
      await tx.execute(sql`delete from users`);
    });
    const setupToken = await startSetup(deps);
    const email = (asker: number) => `anna-${asker}@band.example`;
    const inputs = crowd((asker) => ({ ...NEW_PERSON, setupToken, email: email(asker) }));
    return { path: "auth.setup", inputs };
  },
  async check() {
    expect(await countOf(deps, "users")).toBe(1);
  },
});

async function mailLink(deps: TestDeps, { userId, email }: Person, kind: "verify" | "reset") {
  const token = createToken();
  const row = { userId, email, kind, tokenHash: hashToken(token), passwordHash: null, name: null };
  await write(deps, (tx) => replaceMailedToken(tx, row, 3_600));
  return token;
}

const confirmation = (deps: TestDeps, person: Person): Race => ({
  name: "a link that confirms an address",
  refusal: "not_found",
  winners: 1,
  happened: "audit_events where action = 'account.email_verified'",
  async prepare() {
    const token = await mailLink(deps, person, "verify");
    return { path: "auth.verifyEmail", inputs: crowd(() => ({ token })) };
  },
});

const newPassword = (deps: TestDeps, person: Person): Race => ({
  name: "a link for a new password",
  refusal: "not_found",
  winners: 1,
  happened: "audit_events where action = 'account.password_reset'",
  async prepare() {
    const token = await mailLink(deps, person, "reset");
    const inputs = crowd((asker) => ({ token, password: `ten fast clarinets ${asker}` }));
    return { path: "auth.resetPassword", inputs };
  },
});

const invitation = (deps: TestDeps, admin: Person): Race => ({
  name: "an invitation",
  refusal: "forbidden",
  winners: 1,
  // The account itself is made by a job.
  happened: "pgboss.job where name = 'auth.wish'",
  async prepare() {
    const token = createToken();
    const id = createId<string>(deps.now());
    const row = { tokenHash: hashToken(token), id, email: null, createdBy: admin.userId };
    await write(deps, (tx) => insertInvitation(tx, row, 3_600));
    const email = (asker: number) => `guest-${id}-${asker}@band.example`;
    const inputs = crowd((n) => ({ ...NEW_PERSON, email: email(n), invitation: token }));
    return { path: "auth.register", inputs };
  },
});

/** As many people as race have shown the password of this one, and hold a ticket each. */
async function giveTickets(deps: TestDeps, userId: UserId): Promise<string[]> {
  const tickets = crowd(createToken);
  const hashes = JSON.stringify(tickets.map(hashToken));
  await write(deps, async (tx) => {
    await tx.execute(sql`delete from sign_in_tickets`);
    await tx.execute(sql`
      insert into sign_in_tickets (token_hash, user_id, remember_me, expires_at)
      select value, ${userId}, false, now() + interval '5 minutes' from json_array_elements_text(${hashes}::json)`);
  });
  return tickets;
}

/** In a browser that is known to be theirs: wrong codes there are not counted together. */
const secondStep = async (deps: TestDeps, { userId }: Person, code: string): Promise<Heat> => {
  const tickets = await giveTickets(deps, userId);
  return {
    path: "auth.signInSecondFactor",
    cookies: { "backline-device": toKnownDevice(deps, userId) },
    inputs: crowd((asker) => ({ ticket: tickets[asker], code })),
  };
};

const appCode = (deps: TestDeps, person: Person, secret: string): Race => ({
  name: "a code of an app",
  refusal: "forbidden",
  winners: 1,
  happened: `audit_events where action = 'session.opened' and subject_id = '${person.userId}'`,
  async prepare() {
    // As if the one of before had been for an earlier half minute.
    await write(deps, (tx) => saveStep(tx, person.userId, 0));
    const code = await totpCodeAt(secret, Math.floor(Date.now() / 1_000 / STEP_SECONDS));
    return secondStep(deps, person, code);
  },
});

const backupCode = (deps: TestDeps, person: Person): Race => ({
  name: "a backup code",
  refusal: "forbidden",
  winners: 1,
  happened: "audit_events where action = 'backup_codes.used'",
  async prepare() {
    const code = createToken().slice(0, 16).toLowerCase().replaceAll(/[-_]/g, "a");
    const hashes = [hashToken(`backup ${code}`)];
    await write(deps, (tx) => replaceBackupCodes(tx, person.userId, hashes));
    return secondStep(deps, person, code);
  },
});

/** Everybody gets an answer here, and the same one; the row of the successor is the single thing. */
async function refreshToken(deps: TestDeps, { userId }: Person): Promise<Race> {
  const device = { userAgent: "a test", ipAddress: "127.0.0.1", network: "127.0.0.1" };
  const who = { userId, rememberMe: false, device };
  const opened = await write(deps, (tx) => openSession(deps, tx, who));
  let current = opened.refreshToken;
  const rows = `refresh_tokens where session_id = '${opened.sessionId}'`;
  return {
    name: "a refresh token",
    refusal: "unauthenticated",
    winners: AT_ONCE,
    happened: rows,
    async prepare() {
      const cookies = { "backline-refresh": current };
      return { path: "auth.refresh", cookies, inputs: crowd(() => undefined) };
    },
    async check(outcomes) {
      const successors = new Set(outcomes.map((each) => each.refreshToken));
      expect(successors.size).toBe(1);
      expect(await countOf(deps, `${rows} and spent_at is null`)).toBe(1);
      current = [...successors][0] ?? "";
    },
  };
}

/** As many guests as race for the one listen that a link has left. */
async function lastListen(deps: TestDeps, { userId }: Person): Promise<Race> {
  const track = await makeTrack(deps, userId);
  const terms = { expiresAt: null, playLimit: 1, canDownload: false, canComment: false };
  return {
    name: "the last listen of a link",
    refusal: "gone",
    winners: 1,
    happened: "shares where play_count = 1",
    async prepare() {
      const shareId = createId<ShareId>(deps.now());
      const guests = crowd(createToken);
      const secret = { tokenHash: hashToken(createToken()), passwordHash: null };
      await write(deps, async (tx) => {
        await tx.execute(sql`delete from share_guests`);
        await insertShare(tx, { ...track, ...secret, id: shareId, createdBy: userId, terms });
        for (const guest of guests) {
          const guestHash = hashToken(guest);
          const row = { id: crypto.randomUUID(), shareId, guestHash, forSeconds: 3_600 };
          await insertGuest(tx, secret, row);
        }
      });
      return {
        path: "playback.shares.beginListen",
        cookies: guests.map((guest) => ({ "backline-guest": guest })),
        inputs: crowd(() => ({ shareId, trackId: track.trackId })),
      };
    },
    async check() {
      expect(await countOf(deps, "share_listens")).toBe(1);
    },
  };
}

async function makeTrack(deps: TestDeps, userId: UserId) {
  const connectionId = createId<ConnectionId>(deps.now());
  const trackId = createId<TrackId>(deps.now());
  const [band] = await deps.db.execute<{ id: BandId }>(
    sql`select band_id as id from members where user_id = ${userId}`,
  );
  if (!band) throw new Error("They have no band.");
  await write(deps, async (tx) => {
    await tx.execute(sql`
      insert into connections (id, band_id, provider, name, health, sealed_credential, is_primary)
      values (${connectionId}, ${band.id}, 'webdav', 'Cloud', 'active', 'nobody opens it', true)`);
    await tx.execute(sql`
      insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read, title,
        sort_title, sort_artist, sort_album, sort_duration_ms, search_text)
      values (${trackId}, ${band.id}, ${connectionId}, 'a', 'a', 1, 'present', true, 'a', 'a', '', '', 0, '')`);
  });
  return { bandId: band.id, trackId };
}

/** Everything that counts once, on a server that is empty at first. */
async function runAll(deps: TestDeps, racers: Racers, rounds: number): Promise<void> {
  await run(deps, racers, firstAdmin(deps), rounds);
  const [carla, ben] = [await createPerson(deps, "carla"), await createPerson(deps, "ben")];
  await run(deps, racers, confirmation(deps, carla), rounds);
  await run(deps, racers, newPassword(deps, carla), rounds);
  await run(deps, racers, invitation(deps, carla), rounds);
  await run(deps, racers, await refreshToken(deps, carla), rounds);

  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  const place = { table: "totp_factors", column: "sealed_secret" };
  const sealed = deps.vault.seal(secret, { ...place, rowId: ben.userId, ownerId: ben.userId });
  await write(deps, (tx) => saveUnconfirmed(tx, ben.userId, sealed));
  await run(deps, racers, appCode(deps, ben, secret), rounds);
  await run(deps, racers, backupCode(deps, ben), rounds);
  await run(deps, racers, await lastListen(deps, ben), rounds);
}

test("whatever counts once counts once, for 64 at a time at three servers", {
  timeout: 600_000,
}, async () => {
  const { racers, deps } = await overHttp();
  await runAll(deps, racers, ROUNDS_OVER_HTTP);
});

test("and so it does 200 times, for 64 at a time in three processes", {
  timeout: 1_800_000,
}, async () => {
  const deps = await testDeps();
  await runAll(deps, await inProcesses(deps, AT_ONCE), ROUNDS);
});
