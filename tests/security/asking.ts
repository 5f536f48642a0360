import type { WireError } from "#contract/errors.ts";
import type { Answer } from "#tests/auth/browser.ts";
import { type LiveEvent, listen } from "./live.ts";
import type { Visitor } from "./night-shift.ts";
import type { Procedure } from "./procedures.ts";

/** Asks as this visitor; of a subscription, for the first thing that it says. */
export async function ask(
  visitor: Visitor,
  { path, type }: Pick<Procedure, "path" | "type">,
  input: unknown,
): Promise<Answer> {
  const { browser, csrf } = visitor;
  if (type === "mutation") return browser.mutate(path, input, { csrf });
  if (type === "query") return browser.query(path, input);
  const live = await listen(visitor, path, input);
  const event = await live.next();
  live.leave();
  if (!event) throw new Error("A subscription that says nothing.");
  return toAnswer(event, live.headers);
}

/** When it was, under which number, and how often there had been another before. */
const OF_THE_MOMENT = /^(x-request-id|date|(x-)?ratelimit-(remaining|reset))$/;

/** Everything of an answer that tells one from another. */
export function essenceOf({ status, headers, text }: Answer): string {
  const telling = [...headers].filter(([name]) => !OF_THE_MOMENT.test(name));
  return JSON.stringify([status, telling, text]);
}

interface Refused {
  readonly data: { readonly httpStatus: number; readonly app: WireError };
}

/** As if it had been an answer of its own: the head of a subscription says 200 before all else. */
function toAnswer(event: LiveEvent, headers: Headers): Answer {
  const isRefused = event.name === "serialized-error";
  const failure = isRefused ? (event.data as Refused).data : undefined;
  return {
    status: failure?.httpStatus ?? 200,
    headers,
    text: JSON.stringify(event),
    data: isRefused ? undefined : event.data,
    refusal: failure?.app,
  };
}
