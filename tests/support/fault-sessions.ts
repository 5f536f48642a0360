import { randomBytes } from "node:crypto";
import type { Exchange } from "./fault-world.ts";

/** What a Nextcloud remembers of whoever sent a password. */
export interface CloudSession {
  readonly uid: string;
  /** Dies with the password that opened it. */
  readonly authorization: string;
  /** Opened by a DAV request. One that OCS opened does not do for DAV. */
  readonly isDav: boolean;
}

const SESSION_COOKIE = "oc1lewxicsh8";
const SAME_SITE = "path=/; httponly; expires=Fri, 31-Dec-2100 23:59:59 GMT; SameSite";

/** A session decides before the password does, so that somebody else's makes one somebody else. */
export function findSession({ request, world }: Exchange): CloudSession | undefined {
  const pairs = (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("="));
  return world.sessions.get(pairs.find(([name]) => name === SESSION_COOKIE)?.[1] ?? "");
}

/** As sabre/dav of a Nextcloud 33 sends them: duplicates, and one that is over before its successor. */
export function openSession({ response, world }: Exchange, session: CloudSession): void {
  const id = randomBytes(16).toString("hex");
  world.sessions.set(id, session);
  response.setHeader("set-cookie", [
    `${SESSION_COOKIE}=${randomBytes(16).toString("hex")}; path=/; HttpOnly`,
    `oc_sessionPassphrase=${randomBytes(8).toString("hex")}%2F; path=/; HttpOnly; SameSite=Lax`,
    `nc_sameSiteCookielax=true; ${SAME_SITE}=lax`,
    `nc_sameSiteCookiestrict=true; ${SAME_SITE}=strict`,
    `nc_username=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/`,
    `${SESSION_COOKIE}=${id}; path=/; HttpOnly; SameSite=Lax`,
  ]);
}
