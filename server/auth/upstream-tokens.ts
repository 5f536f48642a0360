import { hash } from "node:crypto";
import { z } from "zod";
import type { SessionId, UserId } from "#contract/ids.ts";
import { JellyfinProduct } from "#contract/jellyfin.ts";
import { type Tx, write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import { logOut, type OwnDevice, type Site } from "#server/storage/media-server.ts";
import * as store from "./upstream-store.ts";

/** A token that a media server gave us for somebody, and what it takes to give it back. */
export interface UpstreamToken {
  readonly site: Site;
  readonly deviceId: string;
  readonly token: string;
}

/** As this server is shown among somebody's devices at the media server. */
export const toDevice = ({ config }: Pick<Deps, "config">, id: string): OwnDevice => ({
  id,
  name: config.http.publicUrl.hostname,
});

type KeepDeps = Pick<Deps, "jobs" | "now" | "vault">;
type SettleDeps = KeepDeps & Pick<Deps, "config" | "db" | "egress" | "log">;

const LIFETIME_SECONDS = 31 * 86_400;
/** After a failure, twice as long each time. */
const FIRST_RETRY_SECONDS = 15;
const LONGEST_RETRY_SECONDS = 3_600;
/** It is looked at a little later than its session may be over, by then no clock disagrees. */
const MARGIN_SECONDS = 60;

/**
 * A token whose session is, or may be, over. Whoever ends a session says so at once; for sessions that
 * end by age each token has one of these waiting.
 */
export const upstreamTokenDue = defineJob(
  "auth.upstream_token",
  z.object({ tokenId: z.uuid(), tries: z.number().int() }),
);

/** What is sealed: how to talk to the server goes with the token. */
const Sealed = z.object({ token: z.string(), product: JellyfinProduct });

/**
 * Keeps a token with a session, sealed, and for at most 31 days.
 *
 * @param held.forSeconds - after so long it is looked whether the session is alive.
 */
export async function keepToken(
  deps: KeepDeps,
  tx: Tx,
  { site, deviceId, token }: UpstreamToken,
  held: {
    readonly userId: UserId | null;
    /** `null`: with none, so that it is given back as soon as its server can be reached. */
    readonly sessionId: SessionId | null;
    readonly forSeconds: number;
  },
): Promise<void> {
  const id = createId<string>(deps.now());
  // Of a person whom nobody knows here a token is kept too, until it is revoked.
  const userId = held.userId ?? (id as UserId);
  const sealed = JSON.stringify({ token, product: site.product } satisfies z.input<typeof Sealed>);
  await store.insertToken(
    tx,
    {
      id,
      userId,
      sessionId: held.sessionId ?? (id as SessionId),
      serverUrl: site.url,
      deviceId,
      sealedToken: deps.vault.seal(sealed, placeOf(id, userId)),
    },
    LIFETIME_SECONDS,
  );
  const delaySeconds = Math.min(held.forSeconds, LIFETIME_SECONDS) + MARGIN_SECONDS;
  await upstreamTokenDue.enqueue(deps, tx, { tokenId: id, tries: 0 }, { delaySeconds });
}

/**
 * Stands for the session that a sign-in ticket may become. No session ever has this id, so that a
 * ticket that dies leaves a token behind that belongs to nobody, and is given back.
 */
export function sessionOfTicket(ticketHash: string): SessionId {
  const hex = hash("sha256", `session of ${ticketHash}`, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}` as SessionId;
}

/** Gives the session the token that came with its ticket. */
export async function moveTokensTo(tx: Tx, ticketHash: string, to: SessionId): Promise<void> {
  await store.moveTokens(tx, sessionOfTicket(ticketHash), to);
}

export const hasTokens = async (tx: Tx, ticketHash: string): Promise<boolean> =>
  (await store.listTokensOfSession(tx, sessionOfTicket(ticketHash))).length > 0;

/** For a session that ends with this transaction. */
export async function giveTokensBack(
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  sessionId: SessionId,
): Promise<void> {
  for (const tokenId of await store.listTokensOfSession(tx, sessionId)) {
    await upstreamTokenDue.enqueue(deps, tx, { tokenId, tries: 0 });
  }
}

/** All that somebody has, while their sessions go on. */
export async function giveAllTokensBack(
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  userId: UserId,
): Promise<void> {
  for (const tokenId of await store.detachTokensOf(tx, userId)) {
    await upstreamTokenDue.enqueue(deps, tx, { tokenId, tries: 0 });
  }
}

/**
 * Makes a token worth nothing that there is no use for. Where its server cannot be reached now, that
 * is done later.
 */
export async function discardToken(deps: SettleDeps, upstream: UpstreamToken): Promise<void> {
  try {
    await logOut(deps, upstream.site, toDevice(deps, upstream.deviceId), upstream.token);
  } catch (error) {
    deps.log.warn({ err: error }, "a token of another server is revoked later");
    await write(deps, (tx) =>
      keepToken(deps, tx, upstream, { userId: null, sessionId: null, forSeconds: 0 }),
    );
  }
}

/**
 * Revokes a token whose session is over at the server that gave it, then forgets it. Is that server
 * away, it comes again, until the token's own time is over. Safe to repeat.
 */
export async function settleToken(
  deps: SettleDeps,
  { tokenId, tries }: { readonly tokenId: string; readonly tries: number },
  signal: AbortSignal,
): Promise<void> {
  const row = await store.findToken(deps.db, tokenId);
  if (!row) return;
  const comeAgain = (tries: number, delaySeconds: number): Promise<void> =>
    write(deps, (tx) => upstreamTokenDue.enqueue(deps, tx, { tokenId, tries }, { delaySeconds }));
  if (row.isInUse) return comeAgain(0, row.secondsLeft + MARGIN_SECONDS);
  const isRevoked = await revoke(deps, row, signal);
  if (isRevoked || row.isExpired) return write(deps, (tx) => store.removeToken(tx, tokenId));
  return comeAgain(tries + 1, Math.min(FIRST_RETRY_SECONDS * 2 ** tries, LONGEST_RETRY_SECONDS));
}

async function revoke(
  deps: SettleDeps,
  row: store.UpstreamRow,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const opened = deps.vault.open(row.sealedToken, placeOf(row.id, row.userId));
    const { token, product } = Sealed.parse(JSON.parse(opened));
    const site = { url: row.serverUrl, product };
    await logOut(deps, site, toDevice(deps, row.deviceId), token, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn({ err: error, tokenId: row.id }, "a token of another server is not revoked yet");
    return false;
  }
}

export const sealedTokens = defineSealedColumn({
  table: "upstream_tokens",
  column: "sealed_token",
  reads: { id: "id", userId: "user_id" },
  place: ({ id, userId }) => ({ rowId: id, ownerId: userId }),
});

const placeOf = (id: string, userId: UserId) => sealedTokens.placeOf({ id, userId });
