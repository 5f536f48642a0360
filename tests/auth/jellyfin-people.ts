import { sql } from "drizzle-orm";
import type { JellyfinServer, SignInJellyfin } from "#contract/jellyfin.ts";
import { type Backline, refusalOf } from "#sdk/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import {
  type FakeJellyfin,
  type FakeJellyfinOptions,
  startFakeJellyfin,
} from "#tests/support/fake-jellyfin.ts";
import { startServer, type TestServer, type TestServerOptions } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { STEP_MS } from "./phone.ts";

/** What Ben types at the media server. */
export const PW = "canary-nine-slow-oboes";

export interface MediaWorld {
  readonly server: TestServer;
  readonly anna: Backline;
  readonly jellyfin: FakeJellyfin;
  /** Ben's id at the media server. */
  readonly ben: string;
  readonly site: JellyfinServer;
}

/** Anna's server trusts a media server, where Ben has an account. */
export async function annasMedia(
  options: {
    readonly server?: TestServerOptions;
    readonly media?: FakeJellyfinOptions;
    readonly newUsers?: boolean;
  } = {},
): Promise<MediaWorld> {
  const jellyfin = await startFakeJellyfin(options.media);
  const ben = jellyfin.addUser("Ben", PW);
  const server = await startServer(options.server);
  const anna = await server.admin();
  const { url } = jellyfin;
  const site = await anna.api.admin.jellyfin.set.mutate({
    url,
    newUsers: options.newUsers ?? true,
  });
  return { server, anna, jellyfin, ben, site };
}

/** Tries of before, which are not what these tests are about. */
export const forgetTries = ({ deps }: TestServer) =>
  write(deps, (tx) => tx.execute(sql`delete from rate_limits`));

export interface Arrival {
  readonly device: Backline;
  readonly answer: Awaited<ReturnType<Backline["api"]["auth"]["signInJellyfin"]["mutate"]>>;
}

/** @param device - a browser that was here before; a new one when left out. */
export async function arriveFrom(
  { server }: MediaWorld,
  credentials: Partial<SignInJellyfin> = {},
  device = server.guest(),
): Promise<Arrival> {
  await forgetTries(server);
  const given = { username: "Ben", password: PW, rememberMe: false, ...credentials };
  return { device, answer: await device.api.auth.signInJellyfin.mutate(given) };
}

/** The same for whoever owes no second factor. */
export async function enterFrom(
  world: MediaWorld,
  credentials: Partial<SignInJellyfin> = {},
  device?: Backline,
) {
  const arrival = await arriveFrom(world, credentials, device);
  if (arrival.answer.status !== "signed_in") throw new Error("A second factor is owed.");
  return { device: arrival.device, me: arrival.answer.me };
}

/** Why somebody is not let in; `undefined` when they are. */
export const refusalFrom = (
  world: MediaWorld,
  credentials: Partial<SignInJellyfin> = {},
  device?: Backline,
): Promise<ReturnType<typeof refusalOf>> =>
  arriveFrom(world, credentials, device).then(() => undefined, refusalOf);

/** Ben, who has set up an authenticator app, has signed out, and owes a new code since. */
export async function benWithFactor() {
  let nowMs = Date.now();
  const world = await annasMedia({ server: { now: () => new Date(nowMs) } });
  const { device } = await enterFrom(world);
  const { secret } = await device.api.account.twoFactor.begin.mutate();
  const code = () => totpCodeAt(secret, Math.floor(nowMs / STEP_MS));
  await device.api.account.twoFactor.confirm.mutate({ code: await code() });
  await device.api.auth.signOut.mutate();
  nowMs += STEP_MS;
  return { world, device, code };
}

/** Does what waits, and what waits for later as well. */
export async function runLaterJobs(server: TestServer): Promise<void> {
  await runJobs(server);
  await write(server.deps, (tx) =>
    tx.execute(sql`update pgboss.job set start_after = now() where state < 'active'`),
  );
  await runJobs(server);
}

/** How many tokens are kept here. */
export async function countKept({ deps }: TestServer): Promise<number> {
  const [row] = await deps.db.execute<{ count: number }>(
    sql`select count(*)::int as count from upstream_tokens`,
  );
  return row?.count ?? 0;
}
