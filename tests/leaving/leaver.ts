import { sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import type { BandChoice } from "#contract/leaving.ts";
import { insertBand, insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { type Answer, type Browser, openBrowser } from "#tests/auth/browser.ts";
import { createPerson, type Person, signIn } from "#tests/auth/people.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { type MailServer, startMailServer } from "#tests/support/mail-server.ts";
import { ADMIN, startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";

export interface Somebody extends Person {
  readonly browser: Browser;
}

export interface Leaver {
  readonly server: TestServer;
  readonly mail: MailServer;
  /** The only administrator. */
  readonly anna: Somebody;
  readonly ben: Somebody;
  readonly carla: Somebody;
  readonly bands: {
    /** Ben's own, with a Nextcloud. */
    readonly personal: string;
    /** Ben owns it alone, and Carla is in it as an editor; with another storage. */
    readonly duo: BandId;
    /** Ben and Anna own it. */
    readonly trio: BandId;
    /** Anna owns it, and Ben listens. */
    readonly choir: BandId;
  };
  readonly nextcloud: FaultServer;
  readonly shared: FaultServer;
}

/** Ben has a part in bands of every kind, and is about to leave. */
export async function bensServer(): Promise<Leaver> {
  const mail = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: mail.url } });
  await server.admin();
  const { userId: annaId } = await findPerson(server, ADMIN.email);
  const anna = await arrive(server, { userId: annaId, ...ADMIN });
  const ben = await arrive(server, await createPerson(server.deps, "ben", { isVerified: true }));
  const carla = await arrive(server, await createPerson(server.deps, "carla"));

  const personal = await personalBandOf(ben.browser);
  const duo = await makeBand(server, "Duo", { [ben.userId]: "owner", [carla.userId]: "editor" });
  const trio = await makeBand(server, "Trio", { [ben.userId]: "owner", [annaId]: "owner" });
  const choir = await makeBand(server, "Choir", { [annaId]: "owner", [ben.userId]: "listener" });
  const nextcloud = await connect(server, ben, personal, "nextcloud");
  const shared = await connect(server, ben, duo, "plain");
  const bands = { personal, duo, trio, choir };
  return { server, mail, anna, ben, carla, bands, nextcloud, shared };
}

/** What Ben decides when he hands Duo over to Carla. */
export const handingOver = ({ bands, carla }: Leaver): BandChoice[] => [
  { bandId: bands.duo, choice: "hand_over", userId: carla.userId },
];

export const leave = (
  { ben }: Pick<Leaver, "ben">,
  bands: readonly unknown[],
  confirmation: string = ben.email,
): Promise<Answer> => ben.browser.mutate("account.delete", { bands, confirmation });

/** As if everybody had shown their password so long ago. */
export const letMinutesPass = ({ deps }: TestServer, minutes: number) =>
  write(deps, (tx) =>
    tx.execute(
      sql`update sessions set authenticated_at = authenticated_at - make_interval(mins => ${minutes})`,
    ),
  );

export const letDaysPass = ({ deps }: TestServer, days: number) =>
  write(deps, (tx) =>
    tx.execute(sql`update users set deleted_at = deleted_at - make_interval(days => ${days})`),
  );

export async function arrive(server: TestServer, person: Person): Promise<Somebody> {
  const browser = openBrowser(server.baseUrl);
  await signIn(browser, person);
  return { userId: person.userId, email: person.email, password: person.password, browser };
}

export async function personalBandOf(browser: Browser): Promise<string> {
  const { data } = await browser.query("auth.me");
  return (data as { personalBandId: string }).personalBandId;
}

export async function makeBand(
  { deps }: TestServer,
  name: string,
  people: Readonly<Record<string, BandRole>>,
): Promise<BandId> {
  const id = createId<BandId>(deps.now());
  await write(deps, async (tx) => {
    await insertBand(tx, { id, name, isPersonal: false });
    for (const [userId, role] of Object.entries(people)) {
      await insertMember(tx, { bandId: id, userId: userId as UserId, role });
    }
  });
  return id;
}

/** A storage with one recording, scanned. */
export async function connect(
  server: TestServer,
  { browser }: Somebody,
  bandId: string,
  persona: "plain" | "nextcloud",
): Promise<FaultServer> {
  const cloud = await startFaultServer({ persona });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("take.mp3", mp3({ TIT2: "Take", TPE1: persona }, 1));
  const { url, username, password } = cloud;
  const form = { provider: "webdav", url, username, password };
  const made = await browser.mutate("connections.create", { bandId, form });
  const { id: connectionId } = made.data as { id: string };
  await browser.mutate("connections.setRoot", { connectionId, folder: null });
  await runJobs(server);
  return cloud;
}

export async function tracksOf({ browser }: Somebody, bandId: string) {
  const { data } = await browser.query("library.tracks.list", { bandId });
  return (data as { tracks: readonly { id: string; title: string; connectionId: string }[] })
    .tracks;
}

async function findPerson({ deps }: TestServer, email: string): Promise<{ userId: UserId }> {
  const [row] = await deps.db.execute<{ id: UserId }>(
    sql`select id from users where email = ${email}`,
  );
  if (!row) throw new Error(`Nobody has ${email}.`);
  return { userId: row.id };
}
