import { text } from "node:stream/consumers";
import type { Exchange, World } from "./fault-world.ts";

/** Somebody whom an administrator has made an account for. */
export interface CloudPerson {
  readonly email: string;
  readonly displayName: string;
  /** `null`: as everybody has. */
  quotaBytes: number | null;
}

const PATH = /\/ocs\/v1\.php\/cloud\/users(?:\/([^/]+))?$/;

export const isProvisioning = ({ pathname }: Exchange): boolean => PATH.test(pathname);

/**
 * The provisioning API as a Nextcloud 33 answers it under `v1.php`: the HTTP status is 200 of most
 * failures, and the code in the body tells.
 */
export async function sendProvisioning(exchange: Exchange, uid: string): Promise<void> {
  const fields = new URLSearchParams(await text(exchange.request));
  const { status = 200, statuscode, data = [] } = answer(exchange, uid, fields);
  exchange.response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  const meta = { status: statuscode === 100 ? "ok" : "failure", statuscode, message: "" };
  exchange.response.end(JSON.stringify({ ocs: { meta, data } }));
}

interface OcsAnswer {
  readonly status?: number;
  readonly statuscode: number;
  readonly data?: unknown;
}

function answer(exchange: Exchange, uid: string, fields: URLSearchParams): OcsAnswer {
  const { pathname, request, world } = exchange;
  if (request.headers["ocs-apirequest"] !== "true") return { status: 412, statuscode: 412 };
  if (!world.nextcloud.hasProvisioning) return { status: 404, statuscode: 998 };
  if (!world.admins.has(uid)) return { status: 403, statuscode: 403 };
  const name = decodeURIComponent(PATH.exec(pathname)?.[1] ?? "");
  if (request.method === "POST") return create(world, fields);
  if (name === "") return { statuscode: 100, data: { users: [...world.accounts.keys()] } };
  const person = world.people.get(name);
  if (!person) return { statuscode: 404 };
  return request.method === "PUT" ? change(person, fields) : describe(name, person);
}

function create({ accounts, nextcloud, people }: World, fields: URLSearchParams): OcsAnswer {
  const [name, email] = [fields.get("userid") ?? "", fields.get("email") ?? ""];
  if (!/^[A-Za-z0-9 _.@'-]{1,64}$/.test(name)) return { statuscode: 101 };
  if (people.has(name) || accounts.has(name)) return { statuscode: 102 };
  if (email === "" && !fields.get("password")) return { statuscode: 108 };
  const quotaBytes = fields.has("quota") ? Number(fields.get("quota")) : null;
  people.set(name, { email, displayName: fields.get("displayName") ?? "", quotaBytes });
  return { statuscode: nextcloud.forgetsItsAnswers ? 996 : 100 };
}

function change(person: CloudPerson, fields: URLSearchParams): OcsAnswer {
  const value = fields.get("value") ?? "";
  if (fields.get("key") !== "quota") return { statuscode: 102 };
  person.quotaBytes = value === "default" ? null : Number(value);
  return { statuscode: 100 };
}

function describe(id: string, { email, quotaBytes }: CloudPerson): OcsAnswer {
  const total = quotaBytes ?? -3;
  const quota = { free: total, used: 4096, total, relative: 0, quota: total };
  return { statuscode: 100, data: { id, email, quota } };
}
