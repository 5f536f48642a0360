import { type TRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { AppRouter } from "#server/router.ts";
import { refusalOf } from "./refusal.ts";

/** The lasting half of being signed in: what a program needs besides the cookies. */
export interface Session {
  /** For the header `x-csrf-token`; asked for once and kept until the server refuses it. */
  csrfToken(): Promise<string>;
  /** The server will want another token: somebody signed in or out elsewhere. */
  forgetCsrfToken(): void;
  /** Renews the access cookie once, however many ask. False: nobody is signed in any more. */
  renew(): Promise<boolean>;
  /** Milliseconds since 1970 of the last renewal or sign-in; 0 before the first. */
  readonly renewedAtMs: number;
  /** Grows with each of them. */
  readonly renewals: number;
  noteRenewed(): void;
  noteSignedOut(): void;
}

/** @param bare - a client whose calls do not pass `sessionLink`. */
export function createSession(bare: () => TRPCClient<AppRouter>): Session {
  let token: Promise<string> | undefined;
  let renewal: Promise<boolean> | undefined;
  let renewedAtMs = 0;
  let renewals = 0;

  const session: Session = {
    get renewedAtMs() {
      return renewedAtMs;
    },
    get renewals() {
      return renewals;
    },
    noteRenewed() {
      renewals += 1;
      renewedAtMs = Date.now();
      token = undefined;
    },
    noteSignedOut() {
      renewedAtMs = 0;
      token = undefined;
    },
    csrfToken() {
      const asked = token ?? askForToken();
      token = asked;
      return asked;
    },
    forgetCsrfToken() {
      token = undefined;
    },
    renew() {
      const running =
        renewal ??
        renewOnce().finally(() => {
          renewal = undefined;
        });
      renewal = running;
      return running;
    },
  };

  async function askForToken(): Promise<string> {
    try {
      return (await bare().auth.csrf.query()).token;
    } catch (error) {
      token = undefined;
      throw error;
    }
  }

  async function renewOnce(isRetry = false): Promise<boolean> {
    const failure: unknown = await bare()
      .auth.refresh.mutate()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (failure === undefined) {
      session.noteRenewed();
      return true;
    }
    session.forgetCsrfToken();
    const code = refusalOf(failure)?.code;
    if (code === "unauthenticated") {
      session.noteSignedOut();
      return false;
    }
    if (code === "csrf_failed" && !isRetry) return renewOnce(true);
    throw failure;
  }

  return session;
}

/** Repeats a call once after a stale CSRF token or an expired access cookie was put right. */
export const sessionLink =
  (session: Session): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let current: { unsubscribe(): void } | undefined;
      let isOver = false;
      const asked = session.renewals;

      const heard: Pick<typeof observer, "next" | "complete"> = {
        next(value) {
          noteWho(session, op.path);
          observer.next(value);
        },
        complete: () => observer.complete(),
      };

      const retry = async (error: TRPCClientError<AppRouter>): Promise<void> => {
        const isRight = await putCallRight(session, op.path, error, asked);
        if (isOver) return;
        if (isRight) current = next(op).subscribe({ ...heard, error: observer.error });
        else observer.error(error);
      };

      current = next(op).subscribe({
        ...heard,
        error: (error) => {
          retry(error).catch((reason: Error) => observer.error(TRPCClientError.from(reason)));
        },
      });
      return () => {
        isOver = true;
        current?.unsubscribe();
      };
    });

const GUESTS = new Set([
  "playback.shares.open",
  "playback.shares.beginListen",
  "playback.shares.comments",
  "playback.shares.comment",
]);

/** Who has to open a public link again is not helped by a newer session. */
async function putCallRight(
  session: Session,
  path: string,
  error: unknown,
  asked: number,
): Promise<boolean> {
  if (GUESTS.has(path) && refusalOf(error)?.code === "unauthenticated") return false;
  return putRight(session, error, asked);
}

const OPENING = new Set([
  "auth.signIn",
  "auth.signInJellyfin",
  "auth.signInPasskey",
  "auth.signInSecondFactor",
  "auth.setup",
]);

/** Signing in or out replaces the session, and the server wants a CSRF token of the new one. */
function noteWho(session: Session, path: string): void {
  if (OPENING.has(path)) session.noteRenewed();
  if (path === "auth.signOut") session.noteSignedOut();
}

/**
 * @param asked - `renewals` when the call was made: its refusal may come after another call's renewal.
 * @returns whether asking again is worth it.
 */
export async function putRight(session: Session, error: unknown, asked: number): Promise<boolean> {
  switch (refusalOf(error)?.code) {
    case "csrf_failed":
      session.forgetCsrfToken();
      return true;
    case "unauthenticated":
      return session.renewals > asked || session.renew();
    default:
      return false;
  }
}
