import type { FastifyInstance } from "fastify";
import { OVER } from "#server/base/closing.ts";
import { createOnwardFlow } from "./onward.ts";
import { createOpening } from "./opening.ts";
import type { AttachedTrack, PlaybackDeps, TrackPart } from "./service.ts";
import type { StandingPlan } from "./standing-answer.ts";
import { headOf } from "./track-head.ts";

export interface PlanOptions {
  readonly attached: AttachedTrack;
  /** The first one, as it was sent. */
  readonly part: TrackPart;
  /** What its storage ends by. */
  readonly until: AbortSignal;
  readonly place: { readonly path: string; readonly route: string | undefined };
  /** Of each answer, but for what says which part it is. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Whatever else is in a header could end it. */
const VALUE = /^[\x20-\x7e]*$/;
/** Of each answer its own. */
const OWN: ReadonlySet<string> = new Set(["content-length", "content-range", "x-request-id"]);

/** @returns `undefined` where there is no short way to the bytes. */
export function createPlan(
  deps: PlaybackDeps,
  app: Pick<FastifyInstance, "server" | "log">,
  { attached, part, until, place, headers }: PlanOptions,
): StandingPlan | undefined {
  const onward = part.content?.onward;
  const line = onward?.opened.line?.();
  const head = line && toHead({ ...headers, ...headOf(part).headers }, app.server.keepAliveTimeout);
  if (!onward || !line || head === undefined) return undefined;
  return {
    ...{ line, head, sizeBytes: part.sizeBytes },
    log: app.log.child({ method: "GET", ...place }),
    toFlow: (range, first) =>
      createOnwardFlow(onward, {
        ...{ range, first },
        openAgain() {
          const ending = new AbortController();
          const either = AbortSignal.any([until, ending.signal]);
          const { storage } = attached.connection;
          return {
            opening: createOpening(deps, attached.found, storage, either),
            end: () => ending.abort(OVER),
          };
        },
      }),
  };
}

/** As Node writes it. */
function toHead(headers: PlanOptions["headers"], keepAliveMs: number): string | undefined {
  let head = "HTTP/1.1 206 Partial Content\r\n";
  for (const [name, value] of Object.entries(headers)) {
    if (OWN.has(name)) continue;
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !VALUE.test(text)) return undefined;
    head += `${name}: ${text}\r\n`;
  }
  return `${head}Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`;
}
