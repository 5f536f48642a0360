import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { openStorage } from "#server/connections/service.ts";
import type { News } from "#server/storage/provider.ts";
import { isWorthKnowing, type LookDeps, QUIET_MS } from "./look.ts";
import * as store from "./watch-store.ts";

const TICK_MS = 1_000;
/** Names mostly come and go in company. */
const COMPANY_MS = 1_000;
/** A storage that nothing is heard of is looked at by the clock alone for so long. */
const DEAF_MS = 300_000;

/** What is heard of one storage. */
interface Ear {
  /** Another root or another access needs another ear. */
  readonly key: string;
  /** By `performance.now()`, when what was heard is worth a look; `null`: nothing was. */
  lookAtMs: number | null;
  /** When it stopped hearing, by itself. */
  deafAtMs: number | null;
  close(): void;
  readonly closed: Promise<void>;
}

/**
 * Brings the next look at a storage forward when it tells that something happened. All servers
 * listen; which of them looks is decided as ever.
 *
 * @returns when the signal has ended it, and nothing is listened to any more.
 */
export async function followNews(deps: LookDeps, signal: AbortSignal): Promise<void> {
  const { watchSeconds } = deps.config;
  const providers = Object.values(deps.providers).filter((each) => each.hasNews && !each.offWhy);
  const ids = providers.map(({ id }) => id);
  if (ids.length === 0 || watchSeconds === null) return;
  const ears = new Map<ConnectionId, Ear>();
  while (!signal.aborted) {
    try {
      const newsworthy = await store.listNewsworthy(deps.db, ids, watchSeconds);
      tendEars(deps, ears, newsworthy);
      await hurryLooks(deps, ears, newsworthy, watchSeconds);
    } catch (error) {
      if (!signal.aborted) deps.log.warn({ err: error }, "could not follow the news of storages");
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => {});
  }
  const open = [...ears.values()];
  for (const ear of open) ear.close();
  await Promise.all(open.map((ear) => ear.closed));
}

/** One ear for each, and none for what is paused, gone or another one by now. */
function tendEars(
  deps: LookDeps,
  ears: Map<ConnectionId, Ear>,
  newsworthy: readonly store.Newsworthy[],
): void {
  const wanted = new Map(newsworthy.map((each) => [each.id, each]));
  for (const [id, ear] of ears) {
    const each = wanted.get(id);
    const isHearing = ear.deafAtMs === null || performance.now() - ear.deafAtMs < DEAF_MS;
    if (each && keyOf(each) === ear.key && isHearing) continue;
    ears.delete(id);
    ear.close();
  }
  for (const each of newsworthy) if (!ears.has(each.id)) ears.set(each.id, openEar(deps, each));
}

const keyOf = ({ rootRef, credentialVersion }: store.Newsworthy): string =>
  JSON.stringify([rootRef, credentialVersion]);

function openEar(deps: LookDeps, each: store.Newsworthy): Ear {
  const closing = new AbortController();
  const onNews = (news: News): void => {
    if (!isWorthKnowing(news)) return;
    ear.lookAtMs = Math.max(ear.lookAtMs ?? 0, performance.now() + quietInMs(news, deps.now()));
  };
  const hear = async (): Promise<void> => {
    const { storage, rootRef } = await openStorage(deps, each.id, closing.signal);
    await storage.watch?.(rootRef, onNews);
  };
  const closed = hear().catch((error) => {
    if (closing.signal.aborted) return;
    ear.deafAtMs = performance.now();
    deps.log.debug({ err: error, connectionId: each.id }, "a storage is looked at by the clock");
  });
  const close = (): void => closing.abort();
  const ear: Ear = { key: keyOf(each), lookAtMs: null, deafAtMs: null, close, closed };
  return ear;
}

/** A look leaves out what may still be written to. Exported for tests. */
export function quietInMs({ writtenAt }: News, now: Date): number {
  const ageMs = writtenAt === null ? QUIET_MS : now.getTime() - writtenAt.getTime();
  return ageMs < 0 ? COMPANY_MS : Math.max(QUIET_MS - ageMs, COMPANY_MS);
}

async function hurryLooks(
  deps: LookDeps,
  ears: ReadonlyMap<ConnectionId, Ear>,
  newsworthy: readonly store.Newsworthy[],
  watchSeconds: number,
): Promise<void> {
  for (const { id, mayHurry } of newsworthy) {
    const ear = ears.get(id);
    const { lookAtMs } = ear ?? { lookAtMs: null };
    if (!ear || !mayHurry || lookAtMs === null || performance.now() < lookAtMs) continue;
    if (await deps.maintenance.find()) return;
    const isHurried = await write(deps, (tx) => store.hurryLook(tx, id, watchSeconds));
    // Unless there was more news meanwhile.
    if (isHurried && ear.lookAtMs === lookAtMs) ear.lookAtMs = null;
  }
}
