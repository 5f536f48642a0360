import { randomBytes, randomUUID } from "node:crypto";
import { isLoginFlow, sendLoginFlow } from "./fault-login.ts";
import { isProvisioning, sendProvisioning } from "./fault-provisioning.ts";
import { isSearch, sendSearch } from "./fault-search.ts";
import { findSession, openSession } from "./fault-sessions.ts";
import type { Exchange, World } from "./fault-world.ts";

/**
 * What a Nextcloud 33.0.2 does before and beside its DAV server: `status.php`, OCS, sign-in with
 * throttling, disabled accounts and maintenance.
 *
 * @returns true when the request has been answered.
 */
export function sendNextcloud(exchange: Exchange): boolean {
  const { pathname, world } = exchange;
  if (pathname === `${world.basePath}/status.php`) return sendStatus(exchange);
  return isProvisioning(exchange) ? provision(exchange) : sendFilesAndUser(exchange);
}

function sendFilesAndUser(exchange: Exchange): boolean {
  const { pathname, world } = exchange;
  if (isLoginFlow(exchange)) {
    if (!world.nextcloud.maintenance) return sendLoginFlow(exchange);
    return sendDavError(exchange, 503, "ServiceUnavailable", "System is in maintenance mode.");
  }
  const isAppPassword = pathname === `${world.basePath}/ocs/v2.php/core/apppassword`;
  const isExchange = pathname === `${world.basePath}/ocs/v2.php/core/getapppassword`;
  const isOcs =
    isAppPassword || isExchange || pathname === `${world.basePath}/ocs/v2.php/cloud/user`;
  if (!isOcs && !pathname.startsWith(`${world.basePath}/remote.php/`)) return sendPage(exchange);
  if (world.nextcloud.maintenance) {
    return sendDavError(exchange, 503, "ServiceUnavailable", "System is in maintenance mode.");
  }
  const uid = signIn(exchange);
  if (uid === null) return true;
  if (isAppPassword) return endAppPassword(exchange, uid);
  if (isExchange) return exchangePassword(exchange, uid);
  if (isSearch(exchange)) return sendSearch(exchange, uid);
  return isOcs ? sendOcsUser(exchange, uid) : sendOtherRoots(exchange, uid);
}

function provision(exchange: Exchange): true {
  if (exchange.world.nextcloud.maintenance) {
    return sendDavError(exchange, 503, "ServiceUnavailable", "System is in maintenance mode.");
  }
  const uid = signIn(exchange);
  if (uid !== null) void sendProvisioning(exchange, uid);
  return true;
}

/** @returns the user id behind the Authorization header, or `null` when the answer is sent. */
function signIn(exchange: Exchange): string | null {
  const { world } = exchange;
  const state = world.nextcloud;
  if (state.failures > state.throttleAfter) {
    sendDavError(exchange, 429, "TooManyRequests", "Reached maximum delay");
    return null;
  }
  const uid = findUid(exchange);
  if (uid === null) {
    state.failures += 1;
    exchange.response.setHeader("www-authenticate", 'Basic realm="Nextcloud", charset="UTF-8"');
    sendDavError(exchange, 401, "NotAuthenticated", "No public access to this resource.");
    return null;
  }
  if (state.disabled) {
    const isOcs = exchange.pathname.includes("/ocs/");
    if (isOcs) sendOcs(exchange, 401, 997, "Current user is not logged in", []);
    else sendDavError(exchange, 503, "DisabledUserException", "Account disabled");
    return null;
  }
  return uid;
}

/** By the session that a cookie names, or else by the password, which opens one. */
function findUid(exchange: Exchange): string | null {
  const { pathname, request, world } = exchange;
  const isDav = !pathname.includes("/ocs/");
  const session = findSession(exchange);
  if (session && readUid(world, session.authorization) === session.uid) {
    return session.isDav || !isDav ? session.uid : null;
  }
  const { authorization = "" } = request.headers;
  const uid = readUid(world, authorization);
  world.nextcloud.passwordChecks += 1;
  if (uid !== null) openSession(exchange, { uid, authorization, isDav });
  return uid;
}

export function readUid(world: World, authorization: string | undefined): string | null {
  const { name, password } = readBasic(authorization) ?? {};
  if (name === undefined || password === undefined) return null;
  const uid = [...world.accounts.keys()].find((each) => each.toLowerCase() === name.toLowerCase());
  // With an app password only the user id signs in, not an e-mail address.
  if (uid !== undefined && world.appPasswords.get(password) === uid) return uid;
  const meant = world.aliases[name] ?? uid;
  return meant !== undefined && world.accounts.get(meant) === password ? meant : null;
}

function readBasic(authorization = ""): { name: string; password: string } | undefined {
  const [scheme, encoded] = authorization.split(" ");
  if (scheme?.toLowerCase() !== "basic" || encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const at = text.indexOf(":");
  return { name: text.slice(0, at), password: text.slice(at + 1) };
}

function sendStatus({ response, world }: Exchange): true {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      installed: true,
      maintenance: world.nextcloud.maintenance,
      needsDbUpgrade: false,
      version: `${world.product.version}.2`,
      versionstring: world.product.version,
      edition: "",
      productname: world.product.name,
      extendedSupport: false,
    }),
  );
  return true;
}

function sendPage({ response }: Exchange): true {
  response.writeHead(200, { "content-type": "text/html; charset=UTF-8" });
  response.end("<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>");
  return true;
}

const sendOcsUser = (exchange: Exchange, uid: string): true =>
  refuseOcs(exchange) ??
  sendOcs(exchange, 200, 200, "OK", {
    id: uid,
    "display-name": exchange.world.nextcloud.displayName ?? uid,
    email: null,
    ...ocsQuota(exchange.world.quota),
  });

/** `total` is the quota itself, or -3; so is `free` then. */
function ocsQuota({ usedBytes: used, availableBytes: free }: World["quota"]) {
  if (used === null || free === null) return {};
  const total = free < 0 ? free : used + free;
  return { quota: { free, used, total, relative: 0, quota: total } };
}

/** For the account's own password there is one for whatever program asks. */
function exchangePassword(exchange: Exchange, uid: string): true {
  const { request, world } = exchange;
  const refused = refuseOcs(exchange);
  if (refused) return refused;
  const { password = "" } = readBasic(request.headers.authorization) ?? {};
  if (world.nextcloud.isAppPassword || world.appPasswords.has(password)) {
    const message = "You cannot request an new apppassword with an apppassword";
    return sendOcs(exchange, 403, 403, message, []);
  }
  const apppassword = randomBytes(36).toString("hex");
  world.appPasswords.set(apppassword, uid);
  return sendOcs(exchange, 200, 200, "OK", { apppassword });
}

/** The password that this very request came with does not work any more after it. */
function endAppPassword(exchange: Exchange, uid: string): true {
  const { request, world } = exchange;
  const refused = refuseOcs(exchange);
  if (refused) return refused;
  const { password = "" } = readBasic(request.headers.authorization) ?? {};
  if (request.method === "DELETE" && world.appPasswords.delete(password)) {
    return sendOcs(exchange, 200, 200, "OK", []);
  }
  if (request.method !== "DELETE" || !world.nextcloud.isAppPassword) {
    return sendOcs(exchange, 403, 403, "no app password in use", []);
  }
  world.accounts.set(uid, randomUUID());
  return sendOcs(exchange, 200, 200, "OK", []);
}

/** @returns `undefined` when the API may go on. */
function refuseOcs(exchange: Exchange): true | undefined {
  if (!exchange.world.nextcloud.hasOcs) return sendPageNotFound(exchange);
  if (exchange.request.headers["ocs-apirequest"] === "true") return undefined;
  exchange.response.writeHead(412, { "content-type": "application/json" });
  exchange.response.end('{"message":"CSRF check failed"}');
  return true;
}

function sendOcs(
  { response }: Exchange,
  status: number,
  statuscode: number,
  message: string,
  data: unknown,
): true {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  const meta = { status: statuscode === 200 ? "ok" : "failure", statuscode, message };
  response.end(JSON.stringify({ ocs: { meta, data } }));
  return true;
}

function sendPageNotFound({ response }: Exchange): true {
  response.writeHead(404, { "content-type": "text/html; charset=UTF-8" });
  response.end("<!DOCTYPE html><title>Not found</title>");
  return true;
}

/** Another account's root is a 207 of an empty folder without an id, an unknown one is 404. */
function sendOtherRoots(exchange: Exchange, uid: string): boolean {
  const { world, pathname, path } = exchange;
  const isOwnUpload = pathname.includes(`/dav/uploads/${world.owner}/`);
  if ((path !== null || isOwnUpload) && uid === world.owner) return false;
  const asked = decodeURIComponent(pathname.split("/files/")[1]?.split("/")[0] ?? "");
  if (asked === "") return sendDavError(exchange, 405, "MethodNotAllowed", "Listing is disabled");
  if (!world.accounts.has(asked)) {
    return sendDavError(exchange, 404, "NotFound", `Principal with name ${asked} not found`);
  }
  exchange.response.writeHead(207, { "content-type": "application/xml; charset=utf-8" });
  exchange.response.end(
    `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>${pathname}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop><d:getetag/><oc:fileid/><oc:id/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response></d:multistatus>`,
  );
  return true;
}

function sendDavError({ response }: Exchange, status: number, name: string, text: string): true {
  response.writeHead(status, { "content-type": "application/xml; charset=utf-8" });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>OCA\\DAV\\Exception\\${name}</s:exception><s:message>${text}</s:message></d:error>`,
  );
  return true;
}
