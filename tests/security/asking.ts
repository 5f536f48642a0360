import { type Answer, toAnswer } from "#tests/auth/browser.ts";
import type { Visitor } from "./night-shift.ts";
import type { Procedure } from "./procedures.ts";

/** Asks as this visitor; of a subscription, for its first answer. */
export function ask(
  visitor: Visitor,
  { path, type }: Pick<Procedure, "path" | "type">,
  input: unknown,
): Promise<Answer> {
  const { browser, csrf } = visitor;
  if (type === "mutation") return browser.mutate(path, input, { csrf });
  return browser.query(path, input);
}

/** Everything of an answer that tells one from another: all but when and under which number. */
export function essenceOf({ status, headers, text }: Answer): string {
  const telling = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
  return JSON.stringify([status, telling, text]);
}
