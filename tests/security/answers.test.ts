import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { LibraryChanged } from "#contract/edits.ts";
import { ScanProgress } from "#contract/scans.ts";
import type { Answer } from "#tests/auth/browser.ts";
import { PASSWORD } from "#tests/auth/people.ts";
import { type Door, doors, refusalAt } from "./doors.ts";
import {
  forgetTries,
  type NightShift,
  nightShift,
  type Principal,
  principals,
} from "./night-shift.ts";

/** What is in the database and in the files of the server, and in no answer. */
async function secretsOf({ server, theirs, strangers }: NightShift): Promise<string[]> {
  const { deps } = server;
  const rows = await deps.db.execute<{ secret: string }>(sql`
    select password_hash as secret from users
    union all select token_hash from refresh_tokens
    union all select sealed_credential from connections`);
  const passwords = [theirs, strangers].map(({ form }) =>
    form.provider === "webdav" ? form.password : "",
  );
  const keys = [deps.testKeys.encryption, deps.testKeys.session].flatMap((key) =>
    (["hex", "base64", "base64url"] as const).map((encoding) => key.toString(encoding)),
  );
  const { dataDir } = deps.config;
  return [PASSWORD, dataDir, ...passwords, ...keys, ...rows.map(({ secret }) => secret)];
}

/** What is somebody else's business: their address and the sessions that they have. */
async function othersOf({ server, as }: NightShift, who: Principal): Promise<string[]> {
  const rows = await server.deps.db.execute<{ email: string; id: string }>(sql`
    select email, sessions.id from users join sessions on sessions.user_id = users.id
    where users.id is distinct from ${as[who].person?.userId ?? null}`);
  return rows.flatMap(({ email, id }) => [email, id]);
}

/** Everything that can be asked as this one, but for what ends it all. */
const doorsFor = (who: Principal): Door[] =>
  doors.filter(
    (door) =>
      door.name !== "auth.signOut" &&
      !(door.name === "connections.remove" && refusalAt(door, who) === null),
  );

/** The list of accounts is for administrators, who see addresses there and nowhere else. */
const isForAddresses = (door: Door, who: Principal): boolean =>
  door.name === "admin.users.list" && who === "admin";

/** An answer as it is seen by scripts: without the cookies, which are for the browser alone. */
const seenOf = ({ text, headers }: Answer): string =>
  text + JSON.stringify([...headers].filter(([name]) => name !== "set-cookie"));

test("no answer tells a secret of the server, or an address or session of anybody else", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const secrets = await secretsOf(world);
  expect(secrets.filter((secret) => secret.length < 8)).toEqual([]);
  const told: string[] = [];
  let answers = 0;
  for (const who of principals) {
    const others = await othersOf(world, who);
    for (const door of doorsFor(who)) {
      await forgetTries(world.server);
      const answer = await door.ask(world.as[who], world.theirs);
      const hidden = isForAddresses(door, who) ? secrets : [...secrets, ...others];
      if (hidden.some((each) => seenOf(answer).includes(each))) told.push(`${door.name} as ${who}`);
      if (answer.status === 200) answers += 1;
    }
  }
  expect(answers).toBeGreaterThan(50);
  expect(told).toEqual([]);
});

test("a live update says what the contract names and nothing more", async () => {
  const world = await nightShift();
  const live = doors.find(({ name }) => name === "connections.scanProgress");
  const answer = await live?.ask(world.as.listener, world.theirs);
  expect(ScanProgress.parse(answer?.data)).toEqual(answer?.data);
  const edits = doors.find(({ name }) => name === "library.edits.changed");
  const said = await edits?.ask(world.as.listener, world.theirs);
  expect(LibraryChanged.parse(said?.data)).toEqual(said?.data);
});
