import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { access, OPEN_ROUTES, routeAccess, UPLOAD_ROUTES } from "./access.ts";
import { essenceOf } from "./asking.ts";
import { fingerprints } from "./database.ts";
import { bandDoors, type Door, doors, pathOf, refusalAt, routeDoors, toPath } from "./doors.ts";
import {
  forgetTries,
  type NightShift,
  nightShift,
  type Objects,
  type Principal,
  principals,
} from "./night-shift.ts";
import { procedures } from "./procedures.ts";

/** All routes, as Fastify draws them: `├── /stream/:trackId (GET, HEAD)`. */
/** Of what is printed as a tree: every line that has methods, with the lines above it. */
function routesOf({ server }: NightShift): string[] {
  const above: string[] = [];
  return server.app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", part = "", methods] =
        /^([│ ]*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? [];
      above.splice(indent.length / 4, above.length, part);
      return methods ? [above.join("")] : [];
    });
}

/** How the band's objects were refused, in a line that also says what should not have been. */
async function lookFor(world: NightShift, door: Door, who: Principal): Promise<string> {
  const { deps } = world.server;
  await forgetTries(world.server);
  const before = await fingerprints(deps);
  const answer = await door.ask(world.as[who], world.theirs);
  const ofNothing = await door.ask(world.as[who], world.nothing());
  const after = await fingerprints(deps);

  const found = [String(answer.status)];
  if (answer.refusal) found.push(answer.refusal.code);
  const isMember = answer.status === 403 && who !== "admin";
  const isTelling = !isMember && essenceOf(answer) !== essenceOf(ofNothing);
  if (bandDoors.includes(door) && isTelling) found.push(`but of nothing ${essenceOf(ofNothing)}`);
  const changed = Object.keys(after).filter((table) => before[table] !== after[table]);
  if (changed.length > 0) found.push(`but changed ${changed}`);
  return found.join(" ");
}

test("no procedure and no route is missing from the table, and none is on it that is gone", async () => {
  expect(Object.keys(access).toSorted()).toEqual(procedures.map(({ path }) => path).toSorted());
  const routes = [...Object.keys(routeAccess), ...UPLOAD_ROUTES, ...OPEN_ROUTES];
  expect(routesOf(await nightShift()).toSorted()).toEqual(routes.toSorted());
});

test("who may not is refused, cannot tell what is there from what is not, and changes nothing", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const seen: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const door of doors) {
    for (const who of principals) {
      const refusal = refusalAt(door, who);
      if (refusal === null) continue;
      expected[`${door.name} as ${who}`] = refusal;
      seen[`${door.name} as ${who}`] = await lookFor(world, door, who);
    }
  }
  expect(seen).toEqual(expected);
});

function statusOf(door: Door, who: Principal, taken: Set<Door>): number {
  const { status = 200, asGuest, takesAway } = door.access;
  if (taken.has(door)) return 404;
  if (takesAway) taken.add(door);
  return who === "guest" ? (asGuest ?? status) : status;
}

test("who may is let in", { timeout: 120_000 }, async () => {
  const world = await nightShift();
  const seen: Record<string, number> = {};
  const expected: Record<string, number> = {};
  const taken = new Set<Door>();
  for (const door of doors) {
    for (const who of principals) {
      if (refusalAt(door, who) !== null) continue;
      await forgetTries(world.server);
      const answer = await door.ask(world.as[who], world.theirs);
      expected[`${door.name} as ${who}`] = statusOf(door, who, taken);
      seen[`${door.name} as ${who}`] = answer.status;
    }
  }
  expect(seen).toEqual(expected);
});

/** Whoever is signed in, and so always a stranger to somebody. */
const ATTACKERS = ["stranger", "listener", "editor", "owner", "admin"] as const;

/** Every id that the database has, but for those of the bands that the attacker belongs to. */
async function idsForeignTo(world: NightShift, who: Principal): Promise<string[]> {
  const userId = world.as[who].person?.userId;
  const rows = await world.server.deps.db.execute<{ id: string }>(sql`
    with mine as (select band_id from members where user_id = ${userId ?? null})
    select id from bands where id not in (table mine)
    union all select id from connections where band_id not in (table mine)
    union all select id from tracks where band_id not in (table mine)
    union all select id from shares where band_id not in (table mine)
    union all select id from comments where band_id not in (table mine)
    union all select id from playlists where band_id not in (table mine)
    union all select id from rehearsals where band_id not in (table mine)
    union all select i.id from playlist_items as i join playlists as p on p.id = i.playlist_id
      where p.band_id not in (table mine)
    union all select id from scans
    union all select id from users
    union all select id from sessions`);
  return rows.map(({ id }) => id);
}

const allOf = (world: NightShift, id: string): Objects => ({
  ...world.nothing(),
  bandId: id,
  connectionId: id,
  trackId: id,
  shareId: id,
  playlistId: id,
  rehearsalId: id,
});

interface Probe {
  readonly name: string;
  readonly id: string;
}

/** The bodies of the answers to so many procedures of one kind in one request. */
async function askTogether(
  world: NightShift,
  who: Principal,
  type: "query" | "mutation",
  probes: readonly Probe[],
): Promise<string[]> {
  const { browser, csrf } = world.as[who];
  const path = `${probes.map(({ name }) => name).join(",")}?batch=1`;
  const inputs = Object.fromEntries(
    probes.map(({ name, id }, index) => [index, access[name]?.input?.(allOf(world, id))]),
  );
  const answer =
    type === "query"
      ? await browser.fetch(`/trpc/${path}&input=${encodeURIComponent(JSON.stringify(inputs))}`)
      : await browser.mutate(path, inputs, { csrf });
  return (JSON.parse(answer.text) as unknown[]).map((each) => JSON.stringify(each));
}

/** What a visitor hears of an object that is not there; asked once for each procedure. */
function createOracle(world: NightShift): (who: Principal, name: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (who, name) => {
    const key = `${who} ${name}`;
    const door = bandDoors.find((each) => each.name === name);
    const heard =
      known.get(key) ?? door?.ask(world.as[who], world.nothing()).then(({ text }) => text);
    if (!heard) throw new Error(`There is no ${name}.`);
    known.set(key, heard);
    return heard;
  };
}

/** Ten probes by one attacker, all queries or all changes. */
const batchesIn = (foreign: ReadonlyMap<Principal, readonly string[]>) =>
  fc
    .tuple(fc.constantFrom(...ATTACKERS), fc.constantFrom("query" as const, "mutation" as const))
    .chain(([who, type]) => {
      const names = procedures
        .filter((each) => each.type === type && bandDoors.some(({ name }) => name === each.path))
        .map(({ path }) => path);
      const probe = fc.record({
        name: fc.constantFrom(...names),
        id: fc.constantFrom(...(foreign.get(who) ?? [])),
      });
      return fc.record({
        who: fc.constant(who),
        type: fc.constant(type),
        probes: fc.array(probe, { minLength: BATCH, maxLength: BATCH }),
      });
    });

const BATCH = 10;
const BATCHES = 300;

test("no id of anybody else's, wherever it is put, is answered in another way than one that is made up", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const foreign = new Map<Principal, string[]>();
  for (const who of ATTACKERS) foreign.set(who, await idsForeignTo(world, who));
  const before = await fingerprints(world.server.deps);
  const answerToNothing = createOracle(world);
  let asked = 0;

  await fc.assert(
    fc.asyncProperty(batchesIn(foreign), async ({ who, type, probes }) => {
      if (asked % (5 * BATCH) === 0) await forgetTries(world.server);
      const answers = await askTogether(world, who, type, probes);
      expect(answers).toHaveLength(probes.length);
      for (const [index, { name }] of probes.entries()) {
        expect(answers[index]).toBe(await answerToNothing(who, name));
        const code = who === "admin" ? "forbidden" : "not_found";
        expect(answers[index]).toContain(`"code":"${code}"`);
      }
      asked += probes.length;
    }),
    { numRuns: BATCHES },
  );
  expect(asked).toBe(BATCH * BATCHES);
  expect(await fingerprints(world.server.deps)).toEqual(before);
});

/** What might tempt a route to believe the request instead of the session. */
const TEMPTATIONS: readonly ((world: NightShift) => {
  query?: string;
  headers?: Record<string, string>;
})[] = [
  () => ({}),
  () => ({ headers: { range: "bytes=0-9" } }),
  () => ({ headers: { "if-none-match": "*" } }),
  () => ({ headers: { "if-match": "*" } }),
  () => ({ headers: { range: "bytes=999999999-" } }),
  ({ theirs }) => ({ query: `?bandId=${theirs.bandId}&role=owner` }),
  ({ as }) => ({ query: `?userId=${as.owner.person?.userId}` }),
  ({ as }) => ({ headers: { "x-user-id": String(as.owner.person?.userId) } }),
  () => ({ query: "?size=large&v=0" }),
];

test("no byte of a recording, a cover or a picture is for strangers, however they ask", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const outsiders = ["stranger", "admin"] as const;
  const own = outsiders.map((who): string | undefined => world.as[who].person?.userId);
  const foreign = (await idsForeignTo(world, "stranger")).filter((id) => !own.includes(id));
  const probe = fc.record({
    who: fc.constantFrom(...outsiders),
    route: fc.constantFrom(...Object.keys(routeAccess)),
    method: fc.constantFrom("GET", "HEAD"),
    id: fc.constantFrom(world.theirs.trackId, ...foreign),
    temptation: fc.constantFrom(...TEMPTATIONS),
  });
  await fc.assert(
    fc.asyncProperty(probe, async ({ who, route, method, id, temptation }) => {
      const { query = "", headers = {} } = temptation(world);
      const at = (objectId: string) => toPath(route, objectId) + query;
      const fetchAs = (path: string) => world.as[who].browser.fetch(path, { method, headers });
      const answer = await fetchAs(at(id));
      const isOfBand = routeAccess[route]?.needs === "listener";
      expect(answer.status).toBe(who === "admin" && isOfBand ? 403 : 404);
      expect(essenceOf(answer)).toBe(essenceOf(await fetchAs(at(randomUUID()))));
    }),
    { numRuns: 300 },
  );
});

test("a storage of another band narrows a list down to nothing, like one that is not there", async () => {
  const world = await nightShift();
  const { browser } = world.as.stranger;
  const narrowed = (connectionId: string) =>
    browser.query("library.tracks.list", {
      bandId: world.strangers.bandId,
      filter: { connectionId },
    });
  const theirs = await narrowed(world.theirs.connectionId);
  expect(theirs.data).toEqual({ tracks: [], next: null, total: 0, correctedSearch: null });
  expect(essenceOf(theirs)).toBe(essenceOf(await narrowed(randomUUID())));
});

test("nothing opens a recording or a picture but the cookies of a session that is alive", async () => {
  const world = await nightShift();
  const { browser } = world.as.owner;
  const token = browser.cookies.get("backline-access") ?? "";
  expect(token).not.toBe("");
  const kept = new Map(browser.cookies);
  const paths = Object.keys(routeAccess)
    .filter((route) => routeAccess[route]?.status === undefined)
    .map((route) => pathOf(route, world.as.owner, world.theirs));
  for (const path of paths) {
    for (const name of ["token", "access_token", "api_key", "sid", "backline-access"]) {
      const answer = await world.as.nobody.browser.fetch(`${path}?${name}=${token}`);
      expect([path, name, answer.status]).toEqual([path, name, 401]);
    }
    expect([path, (await browser.fetch(path)).status]).toEqual([path, 200]);
  }

  await browser.mutate("auth.signOut");
  for (const [name, value] of kept) browser.cookies.set(name, value);
  for (const door of routeDoors) {
    const answer = await door.ask(world.as.owner, world.theirs);
    expect([door.name, answer.status]).toEqual([door.name, 401]);
  }
});

test("the guest of a link hears its recording, and nothing else of anybody's", async () => {
  const world = await nightShift();
  const { browser } = world.as.guest;
  const { shareId, trackId } = world.theirs;
  const own = `?share=${shareId}`;
  const statusOf = async (path: string, method = "GET") =>
    (await browser.fetch(path, { method })).status;
  expect(await statusOf(`/stream/${trackId}${own}`)).toBe(200);
  expect(await statusOf(`/stream/${trackId}${own}`, "HEAD")).toBe(200);
  // Without saying so it is nobody, and what the link does not allow it does not get.
  expect(await statusOf(`/stream/${trackId}`)).toBe(401);
  expect(await statusOf(`/download/${trackId}${own}`)).toBe(403);
  expect(await statusOf(`/cover/${trackId}${own}`)).toBe(401);

  const rows = await world.server.deps.db.execute<{ id: string }>(sql`
    select id from tracks where id <> ${trackId} union all select id from bands
    union all select id from connections union all select id from users
    union all select id from shares`);
  const seen: Record<string, number[]> = {};
  for (const { id } of [...rows, { id: randomUUID() }]) {
    seen[id] = [
      await statusOf(`/stream/${id}${own}`),
      await statusOf(`/download/${id}${own}`),
      await statusOf(`/stream/${trackId}?share=${id}`),
    ];
  }
  const others = rows.filter(({ id }) => id !== shareId).map(({ id }) => seen[id]);
  expect(others.length).toBeGreaterThan(15);
  expect(others).toEqual(others.map(() => [404, 404, 401]));
  expect(seen[shareId]).toEqual([404, 404, 200]);
});
