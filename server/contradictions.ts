import type { z } from "zod";
import type { Environment } from "./config.ts";
import { isLoopbackHost, keyRing, origin } from "./variable-kinds.ts";

/** What is wrong with two variables together, looking only at those that are right alone. */
export function listContradictions(given: Environment): z.core.$ZodIssue[] {
  const issues: z.core.$ZodIssue[] = [];
  const say = (name: string, message: string) =>
    issues.push({ code: "custom", path: [name], message, input: undefined });

  const publicUrl = URL.parse(origin.safeParse(given.PUBLIC_URL).data ?? "");
  const isOpen = publicUrl?.protocol === "http:" && !isLoopbackHost(publicUrl.hostname);
  if (isOpen && given.INSECURE_HTTP !== "1") {
    say(
      "PUBLIC_URL",
      "plain http lets anyone on the network read passwords; use https, or set INSECURE_HTTP=1 to accept that",
    );
  }
  const [sealing, signing] = [given.ENCRYPTION_KEYS, given.SESSION_KEYS].map(
    (ring) => keyRing.safeParse(ring).data ?? [],
  );
  if (sealing?.some((one) => signing?.some((other) => one.key.equals(other.key)))) {
    say("SESSION_KEYS", "must not share a key with ENCRYPTION_KEYS");
  }
  for (const [name, message] of listContradictionsOfRole(given)) say(name, message);
  return issues;
}

/** What a role cannot do without, and what it must not have. */
function* listContradictionsOfRole(given: Environment): Generator<[name: string, message: string]> {
  if (given.ROLE === "web" && given.INTERNAL_PORT === undefined) {
    yield [
      "INTERNAL_PORT",
      "a server with ROLE=web scans nothing itself; say where workers reach it",
    ];
  }
  if (given.ROLE !== "worker") return;
  for (const name of ["DATABASE_URL", "INTERNAL_URL"]) {
    if (given[name] === undefined) yield [name, "a worker needs it"];
  }
  for (const name of ["ENCRYPTION_KEYS", "SESSION_KEYS"]) {
    if (given[name] !== undefined) yield [name, "a worker holds no keys; take this away from it"];
  }
}
