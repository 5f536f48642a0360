import { z } from "zod";
import type {} from "#contract/connections.ts";
import type { ConnectionId, StorageLoginId } from "#contract/ids.ts";
import type {
  BeginNextcloudLogin,
  NextcloudLogin,
  NextcloudLoginProgress,
} from "#contract/nextcloud.ts";
import { type Member, requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Connected, StorageIo } from "#server/storage/provider.ts";
import type { ConfiguredLogin } from "#server/storage/registry.ts";
import {
  type ConnectDeps,
  insertConnection,
  renewConnection,
  requireSameKind,
} from "./connecting.ts";
import * as store from "./login-store.ts";
import { releaseCredential } from "./release.ts";
import { getConnection, PATIENCE_MS, requireConnection } from "./service.ts";
import { type ConnectionRow, lockBand } from "./store.ts";

/** As long as a Nextcloud remembers it. */
const LIFETIME_MINUTES = 20;

/** What is sealed while it is under way: what to ask with, and then what was granted. */
const State = z.discriminatedUnion("step", [
  z.strictObject({ step: z.literal("begun"), held: z.unknown() }),
  z.strictObject({ step: z.literal("granted"), credential: z.unknown() }),
]);
type State = z.infer<typeof State>;

type Row = store.LoginRow;

/**
 * Asks a Nextcloud for a page to sign in at. What it is asked with afterwards never leaves this
 * server; one that this session began before in the same band is over.
 */
export async function beginNextcloudLogin(
  deps: ConnectDeps,
  actor: Actor,
  { bandId, url, connectionId }: BeginNextcloudLogin,
): Promise<NextcloudLogin> {
  const member = await requireMember(deps, actor, bandId, "owner");
  await findRenewed(deps, actor, member, connectionId);
  const begun = await loginOf(deps).begin(url, toIo(deps));
  const id = createId<StorageLoginId>(deps.now());
  const place = { id, bandId, userId: actor.userId, sessionId: actor.sessionId };
  const sealedState = seal(deps, place, { step: "begun", held: begun.held });
  const expiresAt = await write(deps, async (tx) => {
    for (const row of await store.takeLoginsOf(tx, actor, bandId)) await giveUp(deps, tx, row);
    const login = { id, bandId, connectionId, sealedState };
    return store.insertLogin(tx, actor, login, LIFETIME_MINUTES);
  });
  return {
    loginId: id,
    loginUrl: begun.loginUrl.href,
    host: begun.host,
    product: begun.product,
    expiresAt: expiresAt.toISOString(),
  };
}

/**
 * Looks whether it has been granted, and connects the storage then: once, however often and from
 * however many servers it is asked. What was granted is written down before anything else is done,
 * because the Nextcloud does not tell it again.
 *
 * @throws AppError `not_found` for one that was cancelled, or that another session has begun.
 */
export async function pollNextcloudLogin(
  deps: ConnectDeps,
  actor: Actor,
  loginId: StorageLoginId,
): Promise<NextcloudLoginProgress> {
  const found = await store.findLogin(deps.db, actor, loginId);
  if (!found) throw noSuchLogin();
  const { row, isOver } = found;
  const member = await requireMember(deps, actor, row.bandId, "owner");
  if (row.sealedState === null && row.connectionId)
    return toConnected(deps, actor, row.connectionId);
  if (isOver) return { status: "expired" };
  const connected = await orGiveUp(deps, actor, row, async () => {
    const credential = await findGranted(deps, row);
    return credential === undefined ? undefined : loginOf(deps).complete(credential, toIo(deps));
  });
  if (!connected) return { status: "waiting" };
  return toConnected(deps, actor, await finish(deps, actor, member, row, connected));
}

/** Forgets it; access that was granted meanwhile is given back. */
export async function cancelNextcloudLogin(
  deps: ConnectDeps,
  actor: Actor,
  loginId: StorageLoginId,
): Promise<void> {
  await write(deps, async (tx) => {
    const row = await store.takeLogin(tx, actor, loginId);
    if (!row) throw noSuchLogin();
    await giveUp(deps, tx, row);
  });
}

/** Housekeeping. */
export const forgetEndedLogins = (deps: Pick<ConnectDeps, "db">): Promise<void> =>
  write(deps, (tx) => store.deleteEnded(tx, LIFETIME_MINUTES));

async function toConnected(
  deps: ConnectDeps,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<NextcloudLoginProgress> {
  return { status: "connected", connection: await getConnection(deps, actor, connectionId) };
}

/** @returns `undefined` while nobody has granted it. */
async function findGranted(deps: ConnectDeps, row: Row): Promise<unknown | undefined> {
  const state = unseal(deps, row);
  if (state.step === "granted") return state.credential;
  const credential = await loginOf(deps).poll(state.held, toIo(deps));
  if (credential === null) return undefined;
  const isSaved = await write(deps, async (tx) => {
    if (await store.saveState(tx, row, seal(deps, row, { step: "granted", credential })))
      return true;
    await releaseCredential(deps, tx, { provider: "webdav", credential, identity: null });
    return false;
  });
  if (!isSaved) throw noSuchLogin();
  return credential;
}

/** What will never work is over at once; what may work later is tried with the next poll. */
async function orGiveUp<T>(
  deps: ConnectDeps,
  actor: Actor,
  row: Row,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFinal =
      error instanceof AppError &&
      (error.code === "storage_refused" || error.code === "storage_reconnect");
    if (isFinal) {
      await write(deps, async (tx) => {
        const taken = await store.takeLogin(tx, actor, row.id);
        if (taken) await giveUp(deps, tx, taken);
      });
    }
    throw error;
  }
}

/** The band is locked first, as by all who add to its storages or take from them. */
async function finish(
  deps: ConnectDeps,
  actor: Actor,
  member: Member,
  row: Row,
  connected: Connected<unknown>,
): Promise<ConnectionId> {
  const renewed = await findRenewed(deps, actor, member, row.connectionId);
  return write(deps, async (tx) => {
    await lockBand(tx, row.bandId);
    const locked = await store.lockLogin(tx, row.id);
    if (!locked) throw noSuchLogin();
    if (locked.sealedState === null && locked.connectionId) return locked.connectionId;
    if (renewed) await renewConnection(deps, tx, renewed, connected);
    const made = { ...connected, provider: "webdav", isDemo: false } as const;
    const id = renewed?.id ?? (await insertConnection(deps, tx, member, made));
    await store.finishLogin(tx, row.id, id);
    return id;
  });
}

/** The connection that gets new access; `undefined` when a new one is made. */
async function findRenewed(
  deps: ConnectDeps,
  actor: Actor,
  member: Member,
  connectionId: ConnectionId | null,
): Promise<ConnectionRow | undefined> {
  if (connectionId === null) return undefined;
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  if (row.bandId !== member.bandId) {
    throw new AppError("not_found", "This band has no such storage.");
  }
  requireSameKind(row, { ...member, provider: "webdav" });
  return row;
}

/** Its row is gone with this transaction. */
async function giveUp(deps: ConnectDeps, tx: Tx, row: Row): Promise<void> {
  if (row.sealedState === null) return;
  const state = unseal(deps, row);
  if (state.step !== "granted") return;
  const { credential } = state;
  await releaseCredential(deps, tx, { provider: "webdav", credential, identity: null });
}

function loginOf({ providers }: Pick<ConnectDeps, "providers">): ConfiguredLogin {
  const { login } = providers.webdav;
  if (!login) throw new Error("WebDAV has no sign-in of its own.");
  return login;
}

/** A time of its own: who hangs up half-way would lose what the Nextcloud tells once. */
const toIo = (deps: ConnectDeps): StorageIo => ({
  egress: deps.egress,
  now: deps.now,
  signal: AbortSignal.timeout(PATIENCE_MS),
  isAskedFor: true,
});

type Place = Pick<Row, "id" | "bandId" | "userId" | "sessionId">;

export const sealedLogins = defineSealedColumn({
  table: "nextcloud_logins",
  column: "sealed_state",
  reads: { id: "id", bandId: "band_id", userId: "user_id", sessionId: "session_id" },
  place: ({ id, bandId, userId, sessionId }) => ({
    rowId: id,
    ownerId: [bandId, userId, sessionId].join(" "),
  }),
});

const placeOf = (place: Place) => sealedLogins.placeOf(place);

const seal = (deps: Pick<ConnectDeps, "vault">, place: Place, state: State): string =>
  deps.vault.seal(JSON.stringify(state), placeOf(place));

const unseal = (deps: Pick<ConnectDeps, "vault">, row: Row): State =>
  State.parse(JSON.parse(deps.vault.open(row.sealedState ?? "", placeOf(row))));

const noSuchLogin = (): AppError =>
  new AppError(
    "not_found",
    "This sign-in was cancelled, or begun in another window. Nothing was connected; begin again.",
  );
