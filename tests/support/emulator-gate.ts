import { expect, test } from "vitest";
import { ASKED_RANGE } from "./emulate.ts";
import { hasNginx } from "./nginx.ts";

/** Tests that need nginx, where it is installed; CI has to have it. */
export function withNginx(describeTests: () => void): void {
  test("where everything has to be tested, nginx is installed", () => {
    const sentence = "Install nginx-light with apt-get, so that CI tests the emulators.";
    expect(hasNginx || process.env.CI !== "true", sentence).toBe(true);
  });
  if (hasNginx) describeTests();
}

/**
 * For nginx: hands a request on, and cuts the part out of the answer that the request has asked for, with
 * 206 or 416. What stands behind is never asked for a part, but told.
 *
 * @param authorization - in place of the one that came.
 */
export const toUpstream = (upstream: string, authorization?: string): string => `
  proxy_pass http://${upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header Host $http_host; proxy_set_header ${ASKED_RANGE} $http_range;
  proxy_set_header Range ""; proxy_force_ranges on;
  ${authorization === undefined ? "" : `proxy_set_header Authorization "${authorization}";`}`;

const GATE = "/gate";

/** Whom `toGate` does not let in is answered 401. */
export const onlyKnown = `auth_request ${GATE};`;

/** @param path - where the sign-in says whose a token is, or 401. */
export const toGate = (signIn: string, path: string): string => `
  location = ${GATE} {
    internal; proxy_pass http://${signIn}${path}; proxy_pass_request_body off;
    proxy_set_header Content-Length "";
  }`;
