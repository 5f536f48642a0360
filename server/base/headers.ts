import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Config } from "#server/config.ts";

/** Where browsers report what the policy below has stopped; see `csp-reports.ts`. */
export const CSP_REPORT_PATH = "/csp-report";

/** Two years: what the browsers' preload lists ask for. */
const HSTS_SECONDS = 63_072_000;

/** For everything that is no page of ours: whatever it is, it must not run or be framed. */
const INERT_POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "sandbox",
].join(";");

const PERMISSIONS = [
  "autoplay=(self)",
  "fullscreen=(self)",
  "publickey-credentials-create=(self)",
  "publickey-credentials-get=(self)",
  ...["camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb"].map(
    (feature) => `${feature}=()`,
  ),
].join(", ");

/**
 * What every response carries, whoever sends it (OWASP ASVS 5.0 3.4.1-3.4.8), also where Node's
 * parser gave up before the app saw anything. A route overrides a line by setting it.
 */
export function baselineHeaders(http: Pick<Config["http"], "isSecure">): Record<string, string> {
  return {
    ...(http.isSecure
      ? { "strict-transport-security": `max-age=${HSTS_SECONDS}; includeSubDomains` }
      : {}),
    "cache-control": "no-store",
    "content-security-policy": INERT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "permissions-policy": PERMISSIONS,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-permitted-cross-domain-policies": "none",
  };
}

/** Puts the baseline on every response that gets as far as the app's hooks. */
export function sendBaselineHeaders(
  app: FastifyInstance,
  http: Pick<Config["http"], "isSecure">,
): void {
  const headers = baselineHeaders(http);
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** 144 bits, in base64 without padding. */
export const createNonce = (): string => randomBytes(18).toString("base64");

/**
 * For our own page. Scripts and `<style>` elements run with the nonce of this very response;
 * Mantine gets it through `getStyleNonce` from `<meta property="csp-nonce">`.
 *
 * Trusted Types: the client may create one policy, `default`, which lets text pass that holds no
 * `<`. Mantine writes its style elements through `innerHTML`, and nothing else may write markup.
 *
 * @see OWASP ASVS 5.0 3.4.3, 3.4.7
 */
export function pageHeaders(
  nonce: string,
  http: Pick<Config["http"], "isSecure" | "directOrigins">,
): Record<string, string> {
  const directives = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    // Where a recording's address leads on to one of its storage.
    ["media-src 'self' blob:", ...http.directOrigins].join(" "),
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
    ...(http.isSecure ? ["upgrade-insecure-requests"] : []),
    `report-uri ${CSP_REPORT_PATH}`,
    "report-to csp",
  ];
  return {
    "cache-control": "no-store",
    "content-security-policy": directives.join("; "),
    "reporting-endpoints": `csp="${CSP_REPORT_PATH}"`,
  };
}
