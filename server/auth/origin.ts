import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "#server/base/errors.ts";
import type { Config } from "#server/config.ts";
import type { Deps } from "#server/deps.ts";
import { isPrivate } from "./private-paths.ts";
import { findTicket, readTicket } from "./tickets.ts";
import { forWholeApp } from "./whole-app.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** What media elements of other pages may fetch with a ticket. */
const TICKETED = ["/stream/", "/hls/", "/cover/", "/waveform/"];

/**
 * Refuses what another website makes a browser send. Needs no state and no cookie.
 *
 * - A change must be JSON: forms and `text/plain` need no permission of ours (CORS-safelisted), and
 *   tRPC's Fastify adapter runs a procedure without input for a multipart form. Uploads must have the
 *   header `Tus-Resumable` instead (`uploads/routes.ts`), which no form can have.
 * - A change must come from our own pages: `Sec-Fetch-Site` says so, or `Origin` is ours. A client
 *   that sends neither is no browser of today; it may go on without cookies.
 * - Somebody's data is for our own pages alone, so that no other site can embed or time it.
 *   But for what a ticket was made for, which an `<audio>` or `<img>` of another page may fetch: it
 *   says for whom, and no cookie does then (`plugin.ts`).
 * - A website of `CORS_ORIGINS` is heard when a bearer token alone says for whom it asks. What carries
 *   a cookie is refused from there too, because browsers add cookies without anybody's asking.
 */
export const originPlugin = forWholeApp(async (app, { deps }) => {
  app.addHook("onRequest", async (request, reply) => {
    const { http } = deps.config;
    if (SAFE_METHODS.has(request.method)) return guardRead(deps, request, reply);
    // tus has a type of its own, and a header that needs our permission as much as JSON does.
    if (!request.routeOptions.config.isTus) requireJson(request);
    if (!isGuest(http, request)) requireOurOrigin(http, request);
  });
});

function guardRead(
  deps: Pick<Deps, "config" | "sessionKeys">,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (!isPrivate(request)) return;
  if (hasTicket(deps, request)) {
    // Else browsers would keep it from the element that has asked for it.
    reply.header("cross-origin-resource-policy", "cross-origin");
  } else if (!isGuest(deps.config.http, request)) {
    refuseOtherSites(request);
  }
}

/** From a website of the list, with a token that it was given and nothing that a browser adds. */
function isGuest(http: Config["http"], { headers }: FastifyRequest): boolean {
  const { origin, cookie, authorization = "" } = headers;
  if (origin === undefined || !http.corsOrigins.includes(origin)) return false;
  return cookie === undefined && /^bearer /i.test(authorization);
}

/** Whether it is still good is asked where the session is (`plugin.ts`). */
function hasTicket(deps: Pick<Deps, "sessionKeys">, request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? "";
  const isForElements = TICKETED.some((prefix) => route.startsWith(prefix));
  const ticket = isForElements && request.method === "GET" ? findTicket(request) : undefined;
  return ticket !== undefined && readTicket(deps, ticket) !== undefined;
}

function refuseOtherSites(request: FastifyRequest): void {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") throw fromElsewhere();
}

/** Bodyless changes too, because a form can be empty. */
function requireJson(request: FastifyRequest): void {
  const mediaType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (mediaType === "application/json") return;
  throw new AppError(
    "unsupported_media_type",
    "This server takes changes as application/json only. Nothing was changed.",
  );
}

function requireOurOrigin(http: Config["http"], request: FastifyRequest): void {
  const site = request.headers["sec-fetch-site"];
  const { origin } = request.headers;
  if (site !== undefined && site !== "same-origin") throw fromElsewhere();
  if (origin !== undefined) {
    if (isOurs(http, origin, request.socket.localPort)) return;
    throw otherAddress(http.publicUrl);
  }
  if (site === undefined && request.headers.cookie !== undefined) throw fromElsewhere();
}

/** On this machine alone, a server goes by three names, at whatever port it was given. */
function isOurs(http: Config["http"], origin: string, localPort: number | undefined): boolean {
  if (origin === http.publicUrl.origin) return true;
  if (!http.isLoopback) return false;
  const match = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/.exec(origin);
  return match !== null && Number(match[1] ?? 80) === localPort;
}

const otherAddress = (publicUrl: URL): AppError =>
  new AppError(
    "forbidden",
    `This server is set up for another address: ${publicUrl.origin}. Open it there, or let whoever runs it set PUBLIC_URL to the address in your browser. Nothing was changed.`,
  );

const fromElsewhere = (): AppError =>
  new AppError(
    "forbidden",
    "This came from another website, so it was refused. Nothing was changed.",
  );
