import { randomBytes } from "node:crypto";
import type { Exchange, Login } from "./fault-world.ts";

/** The path of Login Flow v2 below the installation. */
const FLOW = "/index.php/login/v2";

export const isLoginFlow = ({ pathname, world }: Exchange): boolean =>
  pathname.startsWith(world.basePath + FLOW);

/**
 * Login Flow v2 as a Nextcloud 33.0.2 does it: a token to ask with, a page to sign in at, and 404 for
 * every question but the first one after somebody has signed in. On the page, which asks for nothing
 * here, a link grants access.
 */
export function sendLoginFlow(exchange: Exchange): true {
  const { pathname, request, world } = exchange;
  const path = pathname.slice(world.basePath.length + FLOW.length);
  if (path === "" && request.method === "POST") return begin(exchange);
  if (path === "/poll" && request.method === "POST") return poll(exchange);
  const login = [...world.logins.values()].find(({ flow }) => path.startsWith(`/flow/${flow}`));
  return login ? sendPage(exchange, login, path) : sendJson(exchange, 405, []);
}

function begin(exchange: Exchange): true {
  const { request, world } = exchange;
  const token = randomBytes(64).toString("hex");
  const flow = randomBytes(64).toString("hex");
  world.logins.set(token, { flow, uid: null });
  const base = `http://${request.headers.host}${world.basePath}${FLOW}`;
  const poll = { token, endpoint: `${base}/poll` };
  return sendJson(exchange, 200, { poll, login: `${base}/flow/${flow}` });
}

function poll(exchange: Exchange): true {
  const { request, world } = exchange;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.once("end", () => {
    const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
    const token = form.get("token") ?? "";
    const uid = world.logins.get(token)?.uid;
    if (!uid) return void sendJson(exchange, 404, []);
    world.logins.delete(token);
    const appPassword = randomBytes(36).toString("hex");
    world.appPasswords.set(appPassword, uid);
    const server = `http://${request.headers.host}${world.basePath}`;
    sendJson(exchange, 200, { server, loginName: uid, appPassword });
  });
  return true;
}

function sendPage({ response, world }: Exchange, login: Login, path: string): true {
  const isGrant = path.endsWith("/grant");
  if (isGrant) login.uid = world.owner;
  response.writeHead(200, { "content-type": "text/html; charset=UTF-8" });
  const text = isGrant
    ? "<h1>Account connected</h1>"
    : `<h1>Connect to your account</h1><a href="${login.flow}/grant">Grant access</a>`;
  response.end(`<!DOCTYPE html><html lang="en"><title>Nextcloud</title>${text}</html>`);
  return true;
}

/** PHP writes slashes like this. */
function sendJson({ response }: Exchange, status: number, body: unknown): true {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body).replaceAll("/", "\\/"));
  return true;
}
