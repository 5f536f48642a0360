import { isIP } from "node:net";
import { AppError } from "#server/base/errors.ts";

/** Where a request goes: a URL that keeps every rule, taken apart once. */
export interface Target {
  /** Without fragment, userinfo and trailing dot. */
  readonly url: URL;
  readonly isSecure: boolean;
  /** For people and the Host header; an IPv6 address is in brackets. */
  readonly host: string;
  /** For the resolver and the certificate: no brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly isLiteral: boolean;
  /** `localhost` and `*.localhost` mean this machine and are never asked of a resolver (RFC 6761). */
  readonly isLoopbackName: boolean;
}

/**
 * Below 1024 almost everything that listens is not a web server, so only those that are used for
 * the web are open there. Above, the ports that browsers refuse and the usual homes of databases,
 * queues, remote desktops and cluster controls are closed.
 *
 * @see https://fetch.spec.whatwg.org/#port-blocking
 */
const webPortsBelow1024: ReadonlySet<number> = new Set([80, 81, 443, 444, 591, 800, 808, 888]);
const closedPorts: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080, 1433, 1434, 1521, 1883, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432,
  5433, 5671, 5672, 5900, 5901, 5984, 5985, 5986, 6379, 6380, 6432, 6443, 7001, 8125, 8883, 9042,
  9092, 9160, 9200, 9300, 10250, 10255, 11211, 11300, 15432, 26257, 27017, 27018, 27019, 28015,
]);

/** Hosts are at most 253 octets in the DNS. */
const MAX_HOSTNAME_LENGTH = 253;

/**
 * Reads an address that a person typed, a setting or a redirect gave.
 *
 * @param base - what a relative redirect is relative to.
 * @throws AppError `storage_refused`, with a sentence for each rule; it repeats neither credentials
 *   nor path.
 */
export function parseTarget(address: URL | string, base?: URL): Target {
  if (!(address instanceof URL) || base) return readTarget(address, base);
  const known = targets.get(address);
  if (known?.href === address.href) return known.target;
  const target = readTarget(address, undefined);
  targets.set(address, { href: address.href, target });
  return target;
}

/** Of addresses that whoever asks keeps, since they ask for the same again and again. */
const targets = new WeakMap<URL, { readonly href: string; readonly target: Target }>();

function readTarget(address: URL | string, base: URL | undefined): Target {
  const url = parseUrl(address, base);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse("An address must begin with https:// or http://. Check the address.");
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      "An address must not contain a user name or password. Enter them in their own fields.",
    );
  }
  dropTrailingDot(url);
  url.hash = "";
  const target = toTarget(url);
  if (!isWebPort(target.port)) {
    throw refuse(
      `Port ${target.port} of ${target.host} is not one where web servers answer, so this server does not connect to it. Use 443, 80 or the port of the web server.`,
    );
  }
  return target;
}

export function isWebPort(port: number): boolean {
  return port < 1024 ? webPortsBelow1024.has(port) : port <= 65535 && !closedPorts.has(port);
}

/** WHATWG parsing drops tabs and line breaks without a word, so they are looked for first. */
function parseUrl(address: URL | string, base: URL | undefined): URL {
  const text = String(address);
  if (hasControlCharacter(text) || !URL.canParse(text, base?.href)) throw refuseSyntax();
  return new URL(text, base);
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function dropTrailingDot(url: URL): void {
  if (!url.hostname.endsWith(".")) return;
  const bare = url.hostname.slice(0, -1);
  if (bare === "" || bare.endsWith(".")) throw refuseSyntax();
  url.hostname = bare;
}

function toTarget(url: URL): Target {
  const host = url.hostname;
  const hostname = host.startsWith("[") ? host.slice(1, -1) : host;
  if (hostname === "" || hostname.length > MAX_HOSTNAME_LENGTH) throw refuseSyntax();
  const isSecure = url.protocol === "https:";
  return {
    url,
    isSecure,
    host,
    hostname,
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    isLiteral: isIP(hostname) !== 0,
    isLoopbackName: hostname === "localhost" || hostname.endsWith(".localhost"),
  };
}

function refuseSyntax(): AppError {
  return refuse("This is not a complete web address. It should look like https://cloud.example.");
}

function refuse(message: string): AppError {
  return new AppError("storage_refused", message);
}
