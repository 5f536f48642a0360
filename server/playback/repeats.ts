import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sessionTopic, whenRevoked } from "#server/auth/service.ts";
import { OVER } from "#server/base/closing.ts";
import { logWhenOver, toRequestId } from "#server/base/request-log.ts";
import { createFronts } from "#server/base/socket-front.ts";
import { untilPaused } from "#server/connections/pause.ts";
import { connectionTopic } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { noteLeader } from "#server/storage/deadline.ts";
import { createAdmissions } from "./admissions.ts";
import { keyOf, mayRepeat, takeFirst } from "./repeated-request.ts";
import { sendOver } from "./sending.ts";
import { attachTrack, openAgain, type TrackPart } from "./service.ts";
import { createShortWay } from "./short-way.ts";
import type { Actor, Begun, Cut, Standing } from "./standing.ts";
import { createPlan } from "./standing-plan.ts";
import type { Playable } from "./store.ts";
import type { StreamLimit } from "./stream-limit.ts";
import { headOf, requestOf } from "./track-head.ts";

/** So long what the database said holds for whoever asks the same, should no event say otherwise. */
const FRESH_MS = 1_000;
/** Before that, one request goes the ordinary way for all the others, or all of them would at once. */
const RENEWED_BEFORE_MS = 500;
/** Each has a storage attached. Beyond it the oldest is asked about anew. */
const MOST = 1_000;

/** Who was let in, to what, by which request; its answer is about to be sent. */
export interface Admitted {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly actor: Actor;
  readonly playable: Playable;
  readonly part: TrackPart;
}

export interface Repeats {
  /** For a moment, the same request is answered without asking again. */
  admit(admitted: Admitted): void;
}

export interface RepeatsOptions {
  readonly limit: StreamLimit;
  /** Bytes are on their way to a listener. */
  readonly begun: Begun;
}

/**
 * Seeking and reading on are the same request again and again but for the range: same address, same
 * cookies, same everything. Who asks, and that they may have it, was read from the database a moment
 * ago; within that moment such a request needs neither that nor the way through the routes, as the
 * answer to the first one does not while it goes on. Events of the session and of the storage end
 * this at once, on every server, and cut what is under way.
 *
 * Nothing is refused here: what is not plainly an answer with bytes goes the ordinary way.
 */
export function createRepeats(
  app: FastifyInstance,
  deps: Deps,
  { limit, begun }: RepeatsOptions,
): Repeats {
  const standings = new Map<string, Standing>();
  const admissions = createAdmissions();
  const arrivedMs = new WeakMap<IncomingMessage, number>();

  const endIfOver = (standing: Standing): void => {
    if (standing.isForgotten && standing.answers.size === 0) standing.ending.abort(OVER);
  };
  const forget = (standing: Standing): void => {
    if (standings.get(standing.key) === standing) standings.delete(standing.key);
    shortWay.forget(standing);
    standing.isForgotten = true;
    endIfOver(standing);
  };

  const add = (
    { request, reply, actor, playable, part }: Admitted,
    key: string,
    freshUntilMs: number,
  ): void => {
    const ending = new AbortController();
    // This asks once more, so that no end of the session falls between what was read and this.
    const revoked = whenRevoked(deps, actor.sessionId, ending.signal);
    const until = untilPaused(deps, playable.connection.id, ending.signal);
    const attached = attachTrack(deps, playable, until);
    const place = { path: request.url.split("?")[0] ?? "", route: request.routeOptions.url };
    const headers = without(reply.getHeaders(), headOf(part).headers);
    const standing: Standing = {
      ...{ key, actor, freshUntilMs, ending, until, attached, place, headers },
      text: undefined,
      plan: createPlan(deps, app, { attached, part, until, place, headers }),
      answers: new Set(),
      isForgotten: false,
      isBeingRenewed: false,
    };
    const cut = (signal: AbortSignal): void => {
      forget(standing);
      for (const end of [...standing.answers]) end(signal.reason);
    };
    for (const signal of [revoked, until]) {
      signal.addEventListener("abort", () => cut(signal), { once: true });
    }
    // Whatever they are about: whoever asks from now on is looked at again.
    const topics = [sessionTopic(actor.sessionId), connectionTopic(playable.connection.id)];
    const unlisten = topics.map((topic) => deps.events.listen(topic, () => forget(standing)));
    const timer = setTimeout(() => forget(standing), freshUntilMs - performance.now()).unref();
    ending.signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        for (const stop of unlisten) stop();
      },
      { once: true },
    );
    standings.set(key, standing);
    const [oldest] = standings.values();
    if (oldest && standings.size > MOST) forget(oldest);
  };
  const admit: Repeats["admit"] = (admitted) => {
    const { request, reply, playable } = admitted;
    const freshUntilMs = (arrivedMs.get(request.raw) ?? Number.NEGATIVE_INFINITY) + FRESH_MS;
    if (performance.now() >= freshUntilMs || playable.connection.health !== "active") return;
    const key = keyOf(request.raw);
    queueMicrotask(() => admissions.settle(key));
    const known = standings.get(key);
    if (known && known.freshUntilMs >= freshUntilMs) return;
    if (known) forget(known);
    add(admitted, key, freshUntilMs);
    watch(reply.raw);
  };

  /** @returns false when it has sent nothing. */
  const repeat = async (
    standing: Standing,
    raw: IncomingMessage,
    answer: ServerResponse,
  ): Promise<boolean> => {
    const { actor, attached, place, until } = standing;
    const leave = limit.enter(actor.userId);
    const own = new AbortController();
    const { signal } = own;
    const cut: Cut = (reason) => own.abort(reason);
    const settle = (): void => {
      leave();
      standing.answers.delete(cut);
      endIfOver(standing);
    };
    const end = (): void => own.abort(OVER);
    answer.once("close", end);
    standing.answers.add(cut);
    noteLeader(signal, until);
    signal.addEventListener("abort", settle, { once: true });
    const part = await openAgain(deps, attached, requestOf(raw), signal).catch(() => undefined);
    const body = part?.content?.body;
    if (!part || !body || signal.aborted || answer.socket === null) {
      body?.destroy();
      answer.off("close", end);
      end();
      return false;
    }
    begun(actor, attached.found, part.range?.start ?? 0);
    if (standing.plan) watch(answer);
    const id = toRequestId(raw);
    logWhenOver(app.log, raw, answer, () => ({ reqId: id, ...place }), arrivedMs.get(raw));
    const { status, headers } = headOf(part);
    const all = { ...standing.headers, "x-request-id": id, ...headers };
    sendOver(answer, { status, headers: all }, body, {
      signal,
      log: () => app.log.child({ reqId: id }),
    });
    return true;
  };

  /** @returns it, if it may be used by this request. */
  const use = (standing: Standing | undefined): Standing | undefined => {
    if (app.drain.hasBegun || app.isUnderPressure()) return undefined;
    const leftMs = standing ? standing.freshUntilMs - performance.now() : 0;
    if (!standing || leftMs <= 0) return undefined;
    if (leftMs > RENEWED_BEFORE_MS || standing.isBeingRenewed) return standing;
    standing.isBeingRenewed = true;
    return undefined;
  };

  const shortWay = createShortWay({
    ...{ use, limit, begun, endIfOver },
    find: (key) => standings.get(key),
  });

  takeFirst(app, (raw, answer, pass) => {
    if (!mayRepeat(raw)) return false;
    arrivedMs.set(raw, performance.now());
    if (answer.socket !== raw.socket) return false;
    const key = keyOf(raw);
    const goOrdinaryWay = (): void => {
      if (answer.headersSent) answer.destroy();
      else pass();
    };
    const go = (standing: Standing): void => {
      repeat(standing, raw, answer).then((isSent) => isSent || pass(), goOrdinaryWay);
    };
    const standing = use(standings.get(key));
    if (standing) go(standing);
    else if (admissions.lead(key, answer)) return false;
    else {
      void admissions.wait(key).then(() => {
        const found = answer.closed ? undefined : use(standings.get(key));
        if (found) go(found);
        else pass();
      });
    }
    return true;
  });
  // It hears of all requests, so it comes after what takes some of them away.
  const { watch } = createFronts(app.server, shortWay.take);
  app.addHook("preClose", async () => {
    for (const standing of [...standings.values()]) forget(standing);
  });
  return { admit };
}

function without(
  all: Readonly<Record<string, unknown>>,
  some: Readonly<Record<string, unknown>>,
): Record<string, string | number> {
  const rest = Object.entries(all).filter(([name]) => !(name in some));
  return Object.fromEntries(rest) as Record<string, string | number>;
}
