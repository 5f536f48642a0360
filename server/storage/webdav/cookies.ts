import { createHash } from "node:crypto";
import type { Egress, EgressRequest, EgressResponse } from "#server/base/egress/client.ts";

const MAX_JARS = 1_000;
const MAX_COOKIES = 32;
const MAX_COOKIE_BYTES = 4096;

type Jar = Map<string, string>;

/** What this process was told, by the way out that it used. */
const jarsBy = new WeakMap<Egress, Map<string, Jar>>();

/**
 * The session that a Nextcloud opens at the first request, kept for the next ones: looking a password
 * up costs it several times what the question itself does.
 *
 * Such a session opens the account by itself. So there is one for each DAV root and credential, which
 * no other account and no newer password ever gets, and it stays in this process's memory. Only DAV
 * requests may use it: a session that OCS has opened makes a Nextcloud refuse the next DAV request.
 */
export interface Cookies {
  /** The request as it is, with the cookies that are known. */
  addTo(request: EgressRequest): EgressRequest;
  /** @param answer - of a request that these cookies were meant for. */
  keep(answer: Pick<EgressResponse, "setCookies" | "url">): void;
  /** The credential was refused: nothing goes on under a session of it. */
  clear(): void;
}

export function openCookies(egress: Egress, root: URL, authorization: string): Cookies {
  const key = createHash("sha256").update(`${root.href} ${authorization}`).digest("base64url");
  const jar = openJar(egress, key);
  return {
    addTo(request) {
      if (jar.size === 0) return request;
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      return { ...request, headers: { ...request.headers, cookie } };
    },
    keep({ setCookies, url }) {
      if (url.origin !== root.origin) return;
      for (const line of setCookies) keepOne(jar, line);
    },
    clear: () => jar.clear(),
  };
}

/** Those used last stay when there are too many. */
function openJar(egress: Egress, key: string): Jar {
  const jars = jarsBy.get(egress) ?? new Map<string, Jar>();
  jarsBy.set(egress, jars);
  const jar = jars.get(key) ?? new Map();
  jars.delete(key);
  jars.set(key, jar);
  const [oldest] = jars.keys();
  if (oldest !== undefined && jars.size > MAX_JARS) jars.delete(oldest);
  return jar;
}

/** The last of each name counts: a Nextcloud sends most of them twice. */
function keepOne(jar: Jar, line: string): void {
  const [, name, value, attributes] = /^([^\s;=,"]+)=([^\s;,"]*)(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined || line.length > MAX_COOKIE_BYTES) return;
  jar.delete(name);
  if (!isOver(attributes ?? "") && jar.size < MAX_COOKIES) jar.set(name, value);
}

/** `deleted` is what PHP sends for a cookie that is to go, beside a date long ago. */
function isOver(attributes: string): boolean {
  const maxAge = /;\s*max-age=(-?\d+)/i.exec(attributes)?.[1];
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = /;\s*expires=([^;]+)/i.exec(attributes)?.[1];
  return expires !== undefined && Date.parse(expires) <= Date.now();
}
