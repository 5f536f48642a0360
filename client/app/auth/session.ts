import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Me, UserRole } from "#contract/auth.ts";
import { backline, queryClient, refusalOf } from "../api.ts";
import { setDateStyle } from "../words/format.ts";

/** Who is signed in here; `null`: nobody. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: findMe,
  staleTime: 5 * 60_000,
  retry: false,
});

async function findMe(): Promise<Me | null> {
  try {
    const me = await backline.api.auth.me.query();
    setDateStyle(me.user);
    return me;
  } catch (error) {
    if (!isSignedOut(error)) throw error;
    endSession();
    return null;
  }
}

export const isSignedOut = (error: unknown): boolean =>
  refusalOf(error)?.code === "unauthenticated";

export const useIsAdmin = (): boolean => useQuery(sessionQuery).data?.user.role === "admin";

export function noteSignedIn(me: Me): void {
  setDateStyle(me.user);
  queryClient.setQueryData(sessionQuery.queryKey, me);
}

/** Whoever is signed in has changed something about themselves. */
export const refreshMe = (): Promise<Me | null> =>
  queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });

/** Whoever is signed in has another role from now on. */
export function noteRole(role: UserRole): void {
  queryClient.setQueryData(
    sessionQuery.queryKey,
    (me) => me && { ...me, user: { ...me.user, role } },
  );
}

/** `lost`: it expired, or was ended elsewhere. `deleted`: with the whole account. */
export type SessionEnd = "signed_out" | "lost" | "deleted";

const listeners = new Set<(reason: SessionEnd) => void>();

export function onSessionEnd(listener: (reason: SessionEnd) => void): void {
  listeners.add(listener);
}

/** Forgets everything that belongs to whoever was signed in. */
export function endSession(reason: SessionEnd = "lost"): void {
  if (!queryClient.getQueryData(sessionQuery.queryKey)) return;
  queryClient.clear();
  setDateStyle(null);
  queryClient.setQueryData(sessionQuery.queryKey, null);
  for (const listener of listeners) listener(reason);
}

/** A session that is over already is what was asked for. */
export async function signOut(): Promise<void> {
  try {
    await backline.api.auth.signOut.mutate();
  } catch (error) {
    if (!isSignedOut(error)) throw error;
  }
  endSession("signed_out");
}

/** The account is gone, and what this browser kept of it goes too. */
export async function endDeleted(): Promise<void> {
  // Only for the cookies, which open nothing any more.
  await backline.api.auth.signOut.mutate().catch(() => {});
  endSession("deleted");
}

/** Any call may be the first to learn that the session is over. */
export function watchForSessionEnd(): void {
  const look = (error: unknown) => {
    if (isSignedOut(error)) endSession();
  };
  queryClient.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") look(event.action.error);
  });
  queryClient.getMutationCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") look(event.action.error);
  });
}

const LOOK_EVERY_MS = 60_000;

/**
 * Renews the access cookie before it runs out while somebody looks or listens: `<audio>` and
 * `<img>` cannot renew it themselves.
 */
export function startSessionKeeper(isPlaying: () => boolean): void {
  const keep = async () => {
    if (!queryClient.getQueryData(sessionQuery.queryKey)) return;
    if (document.visibilityState === "hidden" && !isPlaying()) return;
    // Without a network there is nothing to renew; the next look will do it.
    const isSignedIn = await backline.keepSession().catch(() => true);
    if (!isSignedIn) endSession();
  };
  setInterval(keep, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", keep);
}
