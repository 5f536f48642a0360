import { setTimeout as sleep } from "node:timers/promises";
import type { SignInWay } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { onEvent } from "#server/base/events.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { type AccessClaims, createAccessToken } from "./access-token.ts";
import { requireLetIn } from "./admission.ts";
import { createToken, hashToken } from "./crypto.ts";
import * as tokens from "./refresh-token-store.ts";
import * as store from "./session-store.ts";
import { giveTokensBack } from "./upstream-tokens.ts";

const DAY_SECONDS = 86_400;

/** A week without a visit ends a session; whoever asks to be remembered may be away for a month. */
const IDLE_SECONDS = 7 * DAY_SECONDS;
const REMEMBERED_IDLE_SECONDS = 30 * DAY_SECONDS;

/** Even in daily use a password is asked for four times a year. */
const ABSOLUTE_SECONDS = 90 * DAY_SECONDS;

/** How long a watcher waits before it asks again when the database did not answer. */
const RETRY_MS = 1_000;

/** What a browser gets to carry. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** `null`: until the browser is closed. */
  readonly rememberForSeconds: number | null;
}

type SessionDeps = Pick<Deps, "config" | "maintenance" | "sessionKeys" | "now">;

/**
 * Opens a session that never existed before, whatever the browser brought along.
 *
 * @throws AppError `maintenance`
 */
export async function openSession(
  deps: SessionDeps,
  tx: Tx,
  who: {
    readonly userId: UserId;
    readonly rememberMe: boolean;
    readonly device: Device;
    /** Left out for a password. */
    readonly way?: SignInWay | undefined;
  },
): Promise<Grant & { readonly sessionId: SessionId }> {
  await requireLetIn(deps, tx, who.userId);
  const sessionId = createId<SessionId>(deps.now());
  const refreshToken = createToken();
  const { userAgent, ipAddress } = who.device;
  // Sent in one go, and done in this order.
  const [issuedAt] = await Promise.all([
    store.insertSession(
      tx,
      { id: sessionId, userId: who.userId, rememberMe: who.rememberMe, userAgent, ipAddress },
      { idleSeconds: idleSecondsOf(who), absoluteSeconds: ABSOLUTE_SECONDS },
    ),
    tokens.insertRefreshToken(tx, {
      tokenHash: hashToken(refreshToken),
      sessionId,
      generation: 0,
    }),
    noteEvent(deps, tx, {
      action: "session.opened",
      actorId: who.userId,
      subjectId: who.userId,
      device: who.device,
      details: { rememberMe: who.rememberMe, ...(who.way ? { way: who.way } : {}) },
    }),
  ]);
  return {
    sessionId,
    accessToken: await createAccessToken(deps, { userId: who.userId, sessionId, issuedAt }),
    refreshToken,
    rememberForSeconds: rememberForSeconds(who, ABSOLUTE_SECONDS),
  };
}

/** Forgets the sessions that ended by age. */
export const forgetAgedSessions = (deps: Pick<Deps, "db">): Promise<void> =>
  write(deps, store.removeAgedSessions);

/** @returns who it is, while the session is alive and the token is fresh. */
export async function findActor(
  deps: Pick<Deps, "db">,
  claims: AccessClaims,
): Promise<Actor | undefined> {
  const { sessionId, userId } = claims;
  const session = await store.findLiveSession(deps.db, claims);
  if (!session) return undefined;
  if (session.isDue) {
    await write(deps, (tx) => store.markSessionUsed(tx, sessionId, idleSecondsOf(session)));
  }
  return { userId, sessionId, role: session.role };
}

/**
 * Ends a session at once, on every replica and in every stream that watches it.
 *
 * @param because - a word for the owner's list, such as `signed_out`.
 */
export const revokeSession = (
  deps: Pick<Deps, "db" | "events" | "jobs" | "now">,
  sessionId: SessionId,
  because: string,
  device?: Device,
): Promise<void> => write(deps, (tx) => revokeWithin(deps, tx, sessionId, because, device));

export async function revokeWithin(
  deps: Pick<Deps, "events" | "jobs" | "now">,
  tx: Tx,
  sessionId: SessionId,
  because: string,
  device?: Device,
): Promise<void> {
  const userId = await store.markSessionRevoked(tx, sessionId, because);
  if (userId === undefined) return;
  await deps.events.publish(tx, sessionTopic(sessionId));
  await giveTokensBack(deps, tx, sessionId);
  await noteEvent(deps, tx, {
    action: because === "refresh_token_copied" ? "session.copied" : "session.ended",
    actorId: device ? userId : null,
    subjectId: userId,
    ...(device ? { device } : {}),
    details: { because },
  });
}

/**
 * Ends every session of a user.
 *
 * @param except - the one that stays; `null` for none.
 */
export async function revokeAllWithin(
  deps: Pick<Deps, "events" | "jobs" | "now">,
  tx: Tx,
  userId: UserId,
  because: string,
  except: SessionId | null,
  device?: Device,
): Promise<void> {
  for (const sessionId of await store.listLiveSessionIds(tx, userId)) {
    if (sessionId !== except) await revokeWithin(deps, tx, sessionId, because, device);
  }
}

/** Published when a session has ended, or its user is suspended. */
export const sessionTopic = (sessionId: SessionId): string => `session:${sessionId}`;

/**
 * A signal that fires when the session has ended, for answers that go on for long. It costs one
 * read at the start and one after each event of this session; the line to the database that brings
 * events is shared.
 *
 * @param signal - abort it when the answer is over.
 */
export function whenRevoked(
  deps: Pick<Deps, "db" | "events">,
  sessionId: SessionId,
  signal: AbortSignal,
): AbortSignal {
  const revoked = new AbortController();
  void watchSession(deps, sessionId, signal).then((end) => {
    if (end) revoked.abort(end);
  });
  return revoked.signal;
}

/**
 * Aborts an answer as soon as its session has ended. Unlike `whenRevoked` it reads nothing at the
 * start: the caller reads the session after this call, so that no end falls in between.
 *
 * @param answer - abort it when it is over.
 */
export function endWithSession(
  deps: Pick<Deps, "db" | "events">,
  sessionId: SessionId,
  answer: AbortController,
): AbortSignal {
  const { signal } = answer;
  onEvent(deps.events, sessionTopic(sessionId), signal, async () => {
    if (await hasEnded(deps, sessionId, signal)) answer.abort(signedOut());
  });
  return signal;
}

/**
 * Listens from the moment it is called.
 *
 * @returns why the answer has to end; `undefined` when it was over before.
 */
async function watchSession(
  deps: Pick<Deps, "db" | "events">,
  sessionId: SessionId,
  signal: AbortSignal,
): Promise<AppError | undefined> {
  try {
    for await (const _ of deps.events.subscribe(sessionTopic(sessionId), signal)) {
      if (await hasEnded(deps, sessionId, signal)) return signedOut();
    }
    return undefined;
  } catch {
    // Who can't watch any more can't promise anything: the answer ends, and the browser asks again.
    return signal.aborted ? undefined : signedOut();
  }
}

/** Asks until the database answers: an event is not repeated. */
async function hasEnded(
  deps: Pick<Deps, "db">,
  sessionId: SessionId,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      return !(await store.isSessionAlive(deps.db, sessionId));
    } catch {
      // The database is away. Its absence ends nobody's session, and it will be asked again.
      await sleep(RETRY_MS, undefined, { ref: false });
    }
  }
  return false;
}

const signedOut = (): AppError =>
  new AppError("unauthenticated", "You were signed out. Sign in again.");

export const idleSecondsOf = (session: { readonly rememberMe: boolean }): number =>
  session.rememberMe ? REMEMBERED_IDLE_SECONDS : IDLE_SECONDS;

/** For how long a browser keeps its cookies: never beyond the session's own end. */
export const rememberForSeconds = (
  session: { readonly rememberMe: boolean },
  absoluteSecondsLeft: number,
): number | null =>
  session.rememberMe ? Math.min(REMEMBERED_IDLE_SECONDS, absoluteSecondsLeft) : null;

/** For what somebody began while signed in, and ends without a cookie. */
export const isSessionAlive = (deps: Pick<Deps, "db">, sessionId: SessionId): Promise<boolean> =>
  store.isSessionAlive(deps.db, sessionId);
