import { z } from "zod";
import type { ProviderId } from "#contract/connections.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import { openCredential } from "./credentials.ts";
import * as store from "./release-store.ts";
import { type OpenableConnection, PATIENCE_MS } from "./service.ts";

/** A storage has to be told that its access is needed no more. */
export const accessReleased = defineJob(
  "connections.access-released",
  z.object({ releaseId: z.uuid(), tries: z.number().int() }),
);

/** What the storage has not taken back by then stays with it; nothing of it stays here. */
const KEEP_HOURS = 24;
const FIRST_DELAY_SECONDS = 30;
const MAX_DELAY_SECONDS = 2 * 60 * 60;

const Released = z.object({ credential: z.unknown(), identity: z.string().nullable() });

type ReleaseDeps = Pick<Deps, "db" | "egress" | "jobs" | "log" | "now" | "providers" | "vault">;

type Releasable = Pick<
  OpenableConnection,
  "id" | "bandId" | "provider" | "sealedCredential" | "health"
> & { readonly identity: string | null };

/**
 * Lets a job give the access of a connection back to its storage, where the storage has such a thing.
 * The caller deletes the connection in the same transaction, or gives it another access: from then on
 * nothing opens this one here but that job, for a day at most. Access that the storage has refused
 * already is not tried once more: some count that as an attack.
 */
export async function releaseAccess(
  deps: Pick<Deps, "jobs" | "log" | "now" | "providers" | "vault">,
  tx: Tx,
  row: Releasable,
): Promise<void> {
  if (row.health === "needs_reconnect") return;
  const credential = findReleasable(deps, row);
  if (credential === undefined) return;
  await releaseCredential(deps, tx, { ...row, credential });
}

/** The same for access that has opened no connection yet. */
export async function releaseCredential(
  deps: Pick<Deps, "jobs" | "now" | "vault">,
  tx: Tx,
  released: {
    readonly provider: ProviderId;
    readonly credential: unknown;
    readonly identity: string | null;
  },
): Promise<void> {
  const { provider, credential, identity } = released;
  const id = createId<string>(deps.now());
  const sealedCredential = deps.vault.seal(JSON.stringify({ credential, identity }), placeOf(id));
  await store.insertRelease(tx, { id, provider, sealedCredential });
  await accessReleased.enqueue(deps, tx, { releaseId: id, tries: 0 });
}

/** What cannot be read can't be given back either, and must keep nobody from removing it. */
function findReleasable(
  deps: Pick<Deps, "log" | "providers" | "vault">,
  row: Releasable,
): unknown | undefined {
  try {
    const credential = openCredential(deps, row);
    return deps.providers[row.provider].accessOf(credential) === null ? undefined : credential;
  } catch (error) {
    deps.log.warn({ err: error, provider: row.provider }, "an access can't be given back");
    return undefined;
  }
}

/** Tells the storage; while it does not answer, again later. Safe to repeat. */
export async function giveBackAccess(
  deps: ReleaseDeps,
  { releaseId, tries }: { readonly releaseId: string; readonly tries: number },
  signal: AbortSignal,
): Promise<void> {
  const row = await store.findRelease(deps.db, releaseId);
  if (!row) return;
  const { provider } = row;
  try {
    const text = deps.vault.open(row.sealedCredential, placeOf(releaseId));
    const released = Released.parse(JSON.parse(text));
    if (!(await isInUse(deps, provider, released))) {
      await deps.providers[provider].revoke(released.credential, {
        egress: deps.egress,
        now: deps.now,
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    await tryLater(deps, { releaseId, tries, provider }, error);
    return;
  }
  await write(deps, (tx) => store.deleteRelease(tx, releaseId));
}

/** Housekeeping, should a job have got lost. */
export const forgetOldReleases = (deps: Pick<Deps, "db">): Promise<void> =>
  write(deps, (tx) => store.deleteOlder(tx, KEEP_HOURS));

/** Somebody may have connected two folders, or two bands, with one and the same password. */
async function isInUse(
  deps: Pick<Deps, "db" | "providers" | "vault">,
  provider: ProviderId,
  { credential, identity }: z.output<typeof Released>,
): Promise<boolean> {
  const { accessOf } = deps.providers[provider];
  const access = accessOf(credential);
  const others = await store.listConnectionsAs(deps.db, provider, identity);
  return others.some((row) => accessOf(openCredential(deps, row)) === access);
}

async function tryLater(
  deps: ReleaseDeps,
  { releaseId, tries, provider }: { releaseId: string; tries: number; provider: ProviderId },
  error: AppError,
): Promise<void> {
  const isGivenUp = await write(deps, async (tx) => {
    if (await store.deleteIfOlder(tx, releaseId, KEEP_HOURS)) return true;
    const delaySeconds = Math.min(FIRST_DELAY_SECONDS * 2 ** tries, MAX_DELAY_SECONDS);
    await accessReleased.enqueue(deps, tx, { releaseId, tries: tries + 1 }, { delaySeconds });
    return false;
  });
  const said = { provider, code: error.code, tries: tries + 1, isGivenUp };
  deps.log.warn(said, "a storage was not told that its access is over");
}

export const sealedReleases = defineSealedColumn({
  table: "released_credentials",
  column: "sealed_credential",
  reads: { id: "id" },
  place: ({ id }) => ({ rowId: id, ownerId: "nobody" }),
});

const placeOf = (id: string) => sealedReleases.placeOf({ id });
