import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProviderId } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { abilitiesOf, type Questions, requireAbility, standIn } from "#server/storage/abilities.ts";
import { isGrantEnded } from "#server/storage/oauth.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { ConfiguredOAuth } from "#server/storage/registry.ts";
import { openCredential, type SealedConnection, sealCredential } from "./credentials.ts";
import { requireClientOf } from "./oauth-clients.ts";
import { tellOwners } from "./refusal.ts";
import { nameBackOff, nameNeverGood, nameRefused } from "./renewal-failures.ts";
import * as store from "./renewal-store.ts";

export type RenewalDeps = Pick<
  Deps,
  "config" | "db" | "egress" | "events" | "jobs" | "now" | "providers" | "vault"
>;

/** Of a connection's row, what it takes to open its storage and to renew its credential. */
export interface RenewableConnection extends SealedConnection {
  readonly provider: ProviderId;
  readonly credentialVersion: number;
}

interface Held {
  readonly credential: unknown;
  readonly version: number;
  /** Given to this server just now; what another one was given may have ended since. */
  readonly isNew: boolean;
}

/** A listener's range is answered before the token ends in the middle of it. */
const STALE_SECONDS = 60;
/** Renewed beside what is asked from then on, so that nobody waits for it; not by all servers at once. */
const EARLY_SECONDS = 300;
const EARLY_JITTER_SECONDS = 60;

/** Longer than a call to a token endpoint takes. Whoever is killed leaves it to others after that. */
const LEASE_SECONDS = 20;
/** Two leases, should the first holder have died. */
const PATIENCE_MS = 45_000;
const LOOK_MS = 100;
/** With what is held, with what another server has renewed, and with what is given just now. */
const MAX_TRIES = 3;
/** Between two tries while the provider is away, for all servers together. */
const BACK_OFF_SECONDS = 5;
const MAX_BACK_OFF_SECONDS = 300;

/** Published whenever a connection or its scan has changed. */
export const connectionTopic = (id: ConnectionId): string => `connection:${id}`;

/**
 * A storage whose access ends by itself. It is renewed before it ends, and once more when the storage
 * says that it has ended: each time once for all servers. A range that is opened anew in the middle
 * of a stream comes through here too, so the stream goes on.
 */
export function attachRenewing(
  deps: RenewalDeps,
  row: RenewableConnection,
  oauth: ConfiguredOAuth,
  signal: AbortSignal,
): Storage {
  let held = toHeld(deps, row);
  let storage: Storage | undefined;
  let earlySeconds = EARLY_SECONDS - Math.random() * EARLY_JITTER_SECONDS;
  const attach = (): Storage => {
    storage ??= deps.providers[row.provider].attach(held.credential, {
      egress: deps.egress,
      now: deps.now,
      signal,
    });
    return storage;
  };
  const renew = async (caller: AbortSignal, from: Held): Promise<void> => {
    if (held !== from) return;
    const renewed = await orLeave(renewShared(deps, row, oauth, from.version), caller);
    // Others of this storage may have waited for the same.
    if (held !== from) return;
    held = renewed;
    storage = undefined;
  };
  const freshen = async (caller: AbortSignal): Promise<void> => {
    const secondsLeft = oauth.secondsLeft(held.credential, deps.now());
    if (secondsLeft < STALE_SECONDS) return renew(caller, held);
    if (secondsLeft >= earlySeconds) return;
    // Tried once: whatever goes wrong is met again when the token is needed.
    earlySeconds = 0;
    void renew(signal, held).catch(() => {});
  };
  const ask = async <T>(work: (storage: Storage) => Promise<T>, caller = signal): Promise<T> => {
    signal.throwIfAborted();
    caller.throwIfAborted();
    await freshen(caller);
    for (let tries = 1; ; tries += 1) {
      const asked = held;
      try {
        return await work(attach());
      } catch (error) {
        if (!isEnded(error)) throw error;
        requireAnotherTry(error, tries, asked);
        await renew(caller, asked);
      }
    }
  };
  const questions: Questions = {
    list: (folder, cursor) => ask((each) => each.list(folder, cursor)),
    listDeep: (root, cursor) => ask((each) => requireAbility(each, "listDeep")(root, cursor)),
    changes: (root, cursor) => ask((each) => requireAbility(each, "changes")(root, cursor)),
    stat: (ref) => ask((each) => each.stat(ref)),
    openRange: (ref, range, caller) => ask((each) => each.openRange(ref, range, caller), caller),
    quota: () => ask((each) => requireAbility(each, "quota")()),
  };
  return standIn(questions, abilitiesOf(attach()));
}

const isEnded = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === "storage_reconnect";

/** Access that was given just now does not become good by more of it. */
function requireAnotherTry(error: AppError, tries: number, { isNew }: Held): void {
  if (tries === MAX_TRIES || (tries > 1 && isNew)) throw nameNeverGood(error);
}

const toHeld = (deps: Pick<Deps, "vault">, row: RenewableConnection): Held => ({
  credential: openCredential(deps, row),
  version: row.credentialVersion,
  isNew: false,
});

/** Callers of one server wait for one another before they ask the database. */
const renewalsBy = new WeakMap<object, Map<string, Promise<Held>>>();

function renewShared(
  deps: RenewalDeps,
  row: RenewableConnection,
  oauth: ConfiguredOAuth,
  version: number,
): Promise<Held> {
  const renewals = renewalsBy.get(deps.db) ?? new Map<string, Promise<Held>>();
  renewalsBy.set(deps.db, renewals);
  const key = `${row.id} ${version}`;
  const running = renewals.get(key);
  if (running) return running;
  const renewal = renewOnce(deps, row, oauth, version).finally(() => renewals.delete(key));
  renewals.set(key, renewal);
  return renewal;
}

/**
 * Renews one version of a credential once, however many requests and servers ask at the same time:
 * one takes the lease and calls the provider, the others wait for the version to move. No transaction
 * is open during the call. Takes no caller's signal, because a person who hangs up half-way would
 * lose a refresh token that the provider has already rotated.
 */
async function renewOnce(
  deps: RenewalDeps,
  { id }: RenewableConnection,
  oauth: ConfiguredOAuth,
  version: number,
): Promise<Held> {
  const lease = { id, version, leaseId: randomUUID() };
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  while (!deadline.aborted) {
    const isMine = await write(deps, (tx) => store.takeLease(tx, lease, LEASE_SECONDS));
    const now = await store.findRenewal(deps.db, id);
    if (!now) throw new AppError("not_found", "There is no such storage any more.");
    if (now.credentialVersion !== version) return toHeld(deps, now);
    if (isMine) return await callProvider(deps, now, oauth, lease);
    if (now.health === "needs_reconnect") throw nameRefused();
    if (!now.isLeased && now.waitSeconds > 0) throw nameBackOff(now.waitSeconds);
    await sleep(LOOK_MS);
  }
  throw nameBackOff(BACK_OFF_SECONDS);
}

async function callProvider(
  deps: RenewalDeps,
  row: RenewableConnection,
  oauth: ConfiguredOAuth,
  lease: store.Lease,
): Promise<Held> {
  const { credential } = toHeld(deps, row);
  try {
    const client = await requireClientOf(deps, row, oauth.clientIdOf(credential));
    const io = { egress: deps.egress, now: deps.now, signal: AbortSignal.timeout(PATIENCE_MS) };
    const renewed = await oauth.refresh(client, credential, io);
    const sealed = sealCredential(deps, row, renewed);
    if (await write(deps, (tx) => store.saveRenewed(tx, lease, sealed))) {
      return { credential: renewed, version: lease.version + 1, isNew: true };
    }
  } catch (error) {
    if (isGrantEnded(error) && (await noteRefusal(deps, row, lease))) throw error;
    if (!isGrantEnded(error)) {
      const seconds = backOffAfter(error);
      await write(deps, (tx) => store.postpone(tx, lease, seconds));
      throw error;
    }
  }
  // Somebody else was faster: what counts is theirs.
  const now = await store.findRenewal(deps.db, lease.id);
  if (now && now.credentialVersion !== lease.version) return toHeld(deps, now);
  throw nameBackOff(BACK_OFF_SECONDS);
}

/** @returns false when the refused version is not the current one any more. */
const noteRefusal = (
  deps: RenewalDeps,
  { id, bandId, provider }: RenewableConnection,
  lease: store.Lease,
): Promise<boolean> =>
  write(deps, async (tx) => {
    if (!(await store.markRefused(tx, lease, nameRefused().message))) return false;
    await deps.events.publish(tx, connectionTopic(id));
    await tellOwners(deps, tx, { id, bandId, provider });
    return true;
  });

function backOffAfter(error: unknown): number {
  const asked = error instanceof AppError ? error.retryAfterSeconds : undefined;
  return Math.min(Math.max(asked ?? BACK_OFF_SECONDS, 1), MAX_BACK_OFF_SECONDS);
}

/** The renewal goes on without whoever has left. */
function orLeave<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
