import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Thread } from "#contract/comments.ts";
import type { ExportEntry } from "#contract/leaving.ts";
import type { SharedLink } from "#contract/shares.ts";
import { openWritingClient, write } from "#server/base/db.ts";
import { makeExport } from "#server/leaving/exports.ts";
import { sweep } from "#server/leaving/purge.ts";
import type { Answer } from "#tests/auth/browser.ts";
import { doInPieces, prepareCuts } from "#tests/security/cuts.ts";
import { fingerprints } from "#tests/security/database.ts";
import { linkIn } from "#tests/support/mail-server.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { readZip } from "#tests/support/zip.ts";
import {
  bensServer,
  handingOver,
  type Leaver,
  leave,
  letMinutesPass,
  type Somebody,
  tracksOf,
} from "./leaver.ts";

const never = new AbortController().signal;

const listed = async ({ browser }: Somebody): Promise<ExportEntry[]> =>
  (await browser.query("account.exports.list")).data as ExportEntry[];

const ask = ({ browser }: Somebody) => browser.mutate("account.exports.request");

/** Ben's copy, ready to be downloaded. */
async function bensExport(): Promise<Leaver & { readonly id: string; readonly path: string }> {
  const world = await bensServer();
  const { id } = (await ask(world.ben)).data as ExportEntry;
  await runJobs(world.server);
  return { ...world, id, path: `/exports/${id}` };
}

/** The bytes themselves, which the browser of the tests would read as text. */
const download = (server: TestServer, { browser }: Somebody, path: string): Promise<Response> =>
  fetch(server.baseUrl + path, {
    headers: {
      "sec-fetch-site": "same-origin",
      cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    },
  });

const unpack = async (response: Response): Promise<Map<string, Buffer>> =>
  readZip(Buffer.from(await response.arrayBuffer()));

const textsOf = async (response: Response): Promise<Record<string, string>> =>
  Object.fromEntries(
    [...(await unpack(response))].map(([name, bytes]) => [name, bytes.toString()]),
  );

const letTimePass = ({ deps }: TestServer, hours: number) =>
  write(deps, (tx) =>
    tx.execute(sql`update account_exports set
      requested_at = requested_at - make_interval(hours => ${hours}),
      expires_at = expires_at - make_interval(hours => ${hours}),
      claimed_until = claimed_until - make_interval(hours => ${hours})`),
  );

const partsIn = ({ deps }: TestServer): Promise<number> =>
  deps.db.$count(sql`account_export_parts`);

test("a copy is asked for, made, announced by mail without a secret, and downloaded", async () => {
  const { server, ben, mail, path, bands } = await bensExport();
  const [entry] = await listed(ben);
  expect(entry).toMatchObject({ state: "ready", sizeBytes: expect.any(Number) });
  const letter = await mail.next(ben.email);
  expect(letter.subject).toBe("Your copy is ready");
  expect(linkIn(letter).pathname).toBe(`/b/${bands.personal}/settings`);
  expect(letter.text).not.toContain(entry?.id);

  expect((await ben.browser.query("account.exports.link", { exportId: entry?.id })).data).toEqual({
    url: path,
  });
  const response = await download(server, ben, path);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "cache-control": "private, no-store",
    "content-disposition": `attachment; filename="backline-export-${entry?.readyAt?.slice(0, 10)}.zip"`,
    "content-length": String(entry?.sizeBytes),
    "content-type": "application/zip",
    "x-content-type-options": "nosniff",
  });
  expect([...(await unpack(response)).keys()]).toEqual([
    ...["README.txt", "account.json", "audit.json", "audit.csv"],
    ...["bands/ben/band.json", "bands/ben/tracks.json", "bands/ben/tracks.csv"],
    ...["bands/Duo/band.json", "bands/Duo/tracks.json", "bands/Duo/tracks.csv"],
    ...["bands/Trio/band.json", "bands/Trio/tracks.json", "bands/Trio/tracks.csv"],
  ]);
  await expect.poll(async () => (await listed(ben))[0]?.state).toBe("downloaded");
  expect(await partsIn(server)).toBe(0);
  const { data } = await ben.browser.query("account.audit.list", { limit: 2 });
  expect((data as { events: { action: string }[] }).events.map(({ action }) => action)).toEqual([
    "account.export_downloaded",
    "account.export_requested",
  ]);
});

test("in it is what is Ben's, no secret, and nobody else's address", async () => {
  const world = await bensServer();
  const { server, ben, anna, carla } = world;
  await write(server.deps, async (tx) => {
    await tx.execute(sql`insert into passkeys (id, user_id, credential_id, public_key, sign_count,
      transports, name, is_synced) values (${crypto.randomUUID()}, ${ben.userId}, 'canary-credential',
      'canary-key', 0, '[]', 'Ben''s phone', true)`);
    await tx.execute(
      sql`insert into user_pictures values (${ben.userId}, 'h', 'small', 'a picture')`,
    );
  });
  await ben.browser.mutate("account.twoFactor.begin");
  const [take] = await tracksOf(ben, world.bands.duo);
  const link = await ben.browser.mutate("playback.shares.create", {
    trackId: take?.id,
    terms: { expiresAt: null, playLimit: 7, canDownload: true },
    password: "canary of a link",
  });
  const made = await ben.browser.mutate("library.comments.create", {
    ...{ trackId: take?.id, atMs: null, text: "The best one" },
  });
  const { id: commentId } = made.data as Thread;
  await ben.browser.mutate("library.comments.reply", { commentId, text: "Still is" });
  await ben.browser.mutate("library.edits.save", {
    bandId: world.bands.duo,
    ...{ tracks: [{ trackId: take?.id, version: null }], fields: { year: 1999 } },
  });
  const { id } = (await ask(ben)).data as ExportEntry;
  await runJobs(server);
  const secrets = await server.deps.db.execute<{ secret: string }>(sql`
    select password_hash as secret from users union all select token_hash from refresh_tokens
    union all select sealed_credential from connections union all select sealed_secret from totp_factors
    union all select id::text from sessions`);
  const files = await textsOf(await download(server, ben, `/exports/${id}`));
  const all = Object.values(files).join("\n");
  const account = JSON.parse(files["account.json"] ?? "");
  expect(account.profile).toMatchObject({ email: ben.email, name: "ben", hasPassword: true });
  expect(account.passkeys).toMatchObject([{ name: "Ben's phone" }]);
  expect(account.devices).toMatchObject([{ ipAddress: "127.0.0.1" }]);
  expect(account.bands).toMatchObject([
    { name: "ben", role: "owner" },
    { name: "Choir", role: "listener" },
    { name: "Duo", role: "owner" },
    { name: "Trio", role: "owner" },
  ]);
  expect(account.publicLinks).toMatchObject([
    { band: "Duo", recording: "Take", hasPassword: true, playLimit: 7, playCount: 0 },
  ]);
  expect(account.comments).toMatchObject([
    { band: "Duo", recording: "Take", isReply: true, text: "Still is" },
    { band: "Duo", recording: "Take", isReply: false, atMs: null, text: "The best one" },
  ]);
  expect(account.edits).toMatchObject([
    { band: "Duo", recording: "Take", changes: [{ field: "year", before: null, after: 1999 }] },
  ]);
  expect(all).not.toContain((link.data as SharedLink).path.slice("/s/".length));
  expect(files["picture.webp"]).toBe("a picture");
  expect(JSON.parse(files["bands/Duo/tracks.json"] ?? "")).toMatchObject([{ title: "Take" }]);
  expect(files["bands/Duo/tracks.csv"]?.split("\r\n")).toHaveLength(3);
  expect(JSON.parse(files["bands/Trio/tracks.json"] ?? "")).toEqual([]);
  expect(all).toContain("account.export_requested");

  const passwords = [world.nextcloud.password, world.shared.password, ben.password];
  const hidden = [...passwords, ...secrets.map(({ secret }) => secret), "canary", "v1."];
  expect(hidden.filter((secret) => all.includes(secret))).toEqual([]);
  expect(
    [anna, carla].filter(({ email, userId }) => all.includes(email) || all.includes(userId)),
  ).toEqual([]);
});

test("titles, paths and names that would do something stay inert", async () => {
  const world = await bensServer();
  const { server, ben, bands } = world;
  const titles = ["=cmd()", "+1", "-1", "@sum(a1)", "\tx", "../../x", 'say "hi", you', "＝1"];
  await write(server.deps, async (tx) => {
    for (const [n, title] of titles.entries()) {
      await tx.execute(sql`insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state,
        is_read, title, sort_title, sort_artist, sort_album, sort_duration_ms, search_text)
        select ${crypto.randomUUID()}, band_id, connection_id, ${`r${n}`}, ${`../../${n}`}, 1, 'present', true,
        ${title}, '', '', '', 0, '' from tracks where band_id = ${bands.duo} and ref = 'take.mp3'`);
    }
    await tx.execute(sql`update bands set name = '../../etc/cron.d' where id = ${bands.duo}`);
    await tx.execute(sql`update bands set name = 'CON' where id = ${bands.trio}`);
    await tx.execute(sql`update bands set name = 'con' where id = ${bands.personal}`);
  });
  const { id } = (await ask(ben)).data as ExportEntry;
  await runJobs(server);
  const files = await textsOf(await download(server, ben, `/exports/${id}`));
  const folders = new Set(Object.keys(files).map((name) => name.split("/").slice(0, -1).join("/")));
  expect([...folders]).toEqual(["", "bands/_con", "bands/_.._etc_cron.d", "bands/_CON (2)"]);
  const csv = files["bands/_.._etc_cron.d/tracks.csv"] ?? "";
  const [head, ...lines] = csv.replace("\uFEFF", "").trimEnd().split("\r\n");
  expect(head?.split(",").slice(0, 2)).toEqual(["storage", "path"]);
  expect(lines).toHaveLength(titles.length + 1);
  const cells = lines.flatMap((line) => line.split(","));
  expect(cells.filter((cell) => /^"?[=+\-@\t＝]/.test(cell))).toEqual([]);
  for (const cell of ["'=cmd()", "'+1", "'-1", "'@sum(a1)", "'\tx", "../../x", "'＝1"]) {
    expect(cells).toContain(cell);
  }
  expect(csv).toContain('"say ""hi"", you"');
});

describe("a copy is for its owner alone", () => {
  test("and for others there is none", async () => {
    const { ben, carla, anna, path, id } = await bensExport();
    for (const { browser } of [carla, anna]) {
      expect((await browser.fetch(path)).status).toBe(404);
      expect((await browser.fetch(path, { method: "HEAD" })).status).toBe(404);
      expect((await browser.query("account.exports.link", { exportId: id })).status).toBe(404);
      expect((await browser.query("account.exports.list")).data).toEqual([]);
    }
    await ben.browser.mutate("auth.signOut");
    expect((await ben.browser.fetch(path)).status).toBe(401);
  });

  test("who has shown the password a moment ago, when it is asked for and when it is downloaded", async () => {
    const { server, ben, path, id } = await bensExport();
    await letMinutesPass(server, 11);
    const before = await fingerprints(server.deps);
    for (const answer of [
      await ask(ben),
      await ben.browser.query("account.exports.link", { exportId: id }),
      await ben.browser.fetch(path),
    ]) {
      expect([answer.status, answer.refusal?.code]).toEqual([403, "reauthentication_required"]);
    }
    expect(await fingerprints(server.deps)).toEqual(before);
  });
});

describe("a copy is downloaded once", () => {
  test("and then it is gone", async () => {
    const { server, ben, path } = await bensExport();
    expect((await ben.browser.fetch(path, { method: "HEAD" })).status).toBe(200);
    await unpack(await download(server, ben, path));
    await expect.poll(async () => (await ben.browser.fetch(path)).status).toBe(410);
    const again = await ben.browser.fetch(path);
    expect(again.refusal).toMatchObject({
      code: "gone",
      message: expect.stringContaining("downloaded already"),
    });
  });

  test("by one of many who come for it at once, on all servers", async () => {
    const { server, ben, path } = await bensExport();
    const { testDatabase: database, testKeys: keys } = server.deps;
    const other = await startServer({ database, keys });
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, n) => {
        const answer = await download(n % 2 ? server : other, ben, path);
        await answer.arrayBuffer();
        return answer.status;
      }),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status !== 200 && status !== 409 && status !== 410)).toEqual(
      [],
    );
  });

  test("but one that broke off can be downloaded again", async () => {
    const { server, ben, path, id } = await bensExport();
    await enlarge(server, id);
    await startAndLeave(server, ben, path);
    await expect
      .poll(async () => (await ben.browser.fetch(path, { method: "HEAD" })).status)
      .toBe(200);
    await expect
      .poll(async () => {
        const answer = await download(server, ben, path);
        return answer.status === 200 ? (await answer.arrayBuffer()).byteLength : answer.status;
      })
      .toBeGreaterThan(20_000_000);
    await expect.poll(async () => (await listed(ben))[0]?.state).toBe("downloaded");
  });

  test("and is cut off with the session, to be downloaded by the next", async () => {
    const { server, ben, path, id } = await bensExport();
    await enlarge(server, id);
    const answer = await download(server, ben, path);
    const cookies = new Map(ben.browser.cookies);
    await ben.browser.mutate("auth.signOut");
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect(cookies.size).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        const [row] = await server.deps.db.execute(
          sql`select state, claim_id from account_exports`,
        );
        return row;
      })
      .toEqual({ state: "ready", claim_id: null });
  });

  test("within a day", async () => {
    const { server, ben, path } = await bensExport();
    await letTimePass(server, 25);
    expect((await listed(ben))[0]?.state).toBe("expired");
    const late = await ben.browser.fetch(path);
    expect([late.status, late.refusal?.message]).toEqual([410, expect.stringContaining("a day")]);
    expect(await partsIn(server)).toBeGreaterThan(0);
    await sweep(server.deps, never);
    expect(await partsIn(server)).toBe(0);
    expect((await ben.browser.fetch(path)).status).toBe(410);
  });
});

describe("copies are asked for", () => {
  test("one at a time, three in a day", async () => {
    const { server, ben } = await bensServer();
    for (let n = 0; n < 3; n += 1) {
      const answers = await Promise.all([ask(ben), ask(ben), ask(ben)]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
      await runJobs(server);
    }
    const fourth = await ask(ben);
    expect([fourth.status, fourth.refusal?.code]).toEqual([429, "rate_limited"]);
    expect(fourth.refusal?.retryAfterSeconds).toBeGreaterThan(86_000);
    await letTimePass(server, 24);
    expect((await ask(ben)).status).toBe(200);
  });

  test("again at once when the disk was full, and nothing half is left", async () => {
    const { server, ben } = await bensServer();
    await write(server.deps, (tx) =>
      tx.execute(sql`alter table account_export_parts add constraint full_disk check (part < 0)`),
    );
    await ask(ben);
    await runJobs(server);
    expect((await listed(ben))[0]?.state).toBe("failed");
    expect(await partsIn(server)).toBe(0);
    await write(server.deps, (tx) =>
      tx.execute(sql`alter table account_export_parts drop constraint full_disk`),
    );
    expect((await ask(ben)).status).toBe(200);
    await runJobs(server);
    expect((await listed(ben)).map(({ state }) => state)).toEqual(["ready", "failed"]);
  });

  test("and whoever leaves meanwhile gets none, and leaves none", async () => {
    const world = await bensServer();
    const { server, ben } = world;
    await ask(ben);
    expect((await leave(world, handingOver(world))).status).toBe(200);
    await runJobs(server);
    expect(await server.deps.db.$count(sql`account_exports`)).toBe(0);
    expect(await partsIn(server)).toBe(0);
  });
});

test("a server that is killed while it makes a copy leaves no half one: the next begins anew", {
  timeout: 120_000,
}, async () => {
  const { server, ben } = await bensServer();
  const { id } = (await ask(ben)).data as ExportEntry;
  await write(server.deps, (tx) =>
    tx.execute(
      sql`insert into account_export_parts values (${id}, 7, 'left by one that was killed')`,
    ),
  );
  await prepareCuts(server.deps);
  const aside = openWritingClient(server.deps.testDatabase, { max: 1, applicationName: "aside" });
  onTestFinished(() => aside.end());
  const states: unknown[] = [];
  const { cuts } = await doInPieces(server.deps, async () => {
    await aside`update account_exports set state = 'waiting' where state = 'failed'`;
    await makeExport(server.deps, id, never).catch(() => {});
    const [row] = await aside`select state from account_exports`;
    states.push(row?.state);
    return { status: 503 } as Answer;
  });
  expect(cuts).toBeGreaterThanOrEqual(6);
  expect(states.slice(0, -1).filter((state) => state === "ready")).toEqual([]);
  expect(states.at(-1)).toBe("ready");
  expect(await partsIn(server)).toBe(1);
  await unpack(await download(server, ben, `/exports/${id}`));
  expect(await server.deps.db.$count(sql`mails where kind = 'export_ready'`)).toBe(1);
});

test("two who make the same copy at once make one", async () => {
  const { server, ben } = await bensServer();
  const { id } = (await ask(ben)).data as ExportEntry;
  await Promise.all([1, 2, 3, 4].map(() => makeExport(server.deps, id, never)));
  expect((await listed(ben))[0]?.state).toBe("ready");
  await unpack(await download(server, ben, `/exports/${id}`));
});

test("a library of many pages is in it to the last recording, once each", async () => {
  const { server, ben, bands } = await bensServer();
  await write(server.deps, (tx) =>
    tx.execute(sql`insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read,
      title, artist, sort_title, sort_artist, sort_album, sort_duration_ms, search_text)
      select gen_random_uuid(), band_id, connection_id, 'r' || n, 'Folder ' || (n / 100) || '/take ' || n, 1,
        'present', true, 'Take ' || n || ' ' || md5(n::text), 'Duo', '', '', '', 0, ''
      from tracks, generate_series(1, 3999) n where band_id = ${bands.duo} and ref = 'take.mp3'`),
  );
  const { id } = (await ask(ben)).data as ExportEntry;
  await makeExport(server.deps, id, never);
  const files = await unpack(await download(server, ben, `/exports/${id}`));
  const tracks = JSON.parse(String(files.get("bands/Duo/tracks.json"))) as { path: string }[];
  expect(tracks).toHaveLength(4000);
  expect(new Set(tracks.map(({ path }) => path)).size).toBe(4000);
  expect(String(files.get("bands/Duo/tracks.csv")).split("\r\n")).toHaveLength(4002);
});

/** So large that it does not fit into what lies between two programs. */
const enlarge = ({ deps }: TestServer, id: string) =>
  write(deps, async (tx) => {
    await tx.execute(sql`insert into account_export_parts
      select ${id}, n, decode(repeat('ab', 1000000), 'hex') from generate_series(100, 123) n`);
    await tx.execute(sql`with moved as (
        select part, row_number() over (order by part) - 1 as place from account_export_parts)
      update account_export_parts set part = moved.place from moved
      where moved.part = account_export_parts.part`);
    await tx.execute(sql`update account_exports set size_bytes =
      (select sum(length(bytes)) from account_export_parts)`);
  });

/** Takes the first bytes, and hangs up. */
async function startAndLeave(
  server: TestServer,
  { browser }: Somebody,
  path: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const asked = request(
      server.baseUrl + path,
      {
        headers: {
          "sec-fetch-site": "same-origin",
          cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        },
      },
      (response) => {
        response.once("data", () => {
          asked.destroy();
          resolve();
        });
      },
    );
    asked.on("error", reject);
    asked.end();
  });
  await sleep(50);
}
