import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseInput, statusOf } from "#server/base/errors.ts";
import { logFailure, nameFailure } from "#server/base/failures.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import {
  listBelow,
  openByToken,
  openRangeFor,
  tellAbilities,
  tellChanges,
  toRemoteFailure,
} from "./service.ts";

const List = z.object({ folder: z.string().nullable(), cursor: z.string().nullable() });
const Below = z.object({ root: z.string().nullable(), cursor: z.string().nullable() });
const Stat = z.object({ ref: z.string() });
const Range = z.object({
  ref: z.string(),
  range: z.object({ start: z.int().min(0), end: z.int().min(0) }),
});

type Answer = (
  storage: Storage,
  body: unknown,
  signal: AbortSignal,
  reply: FastifyReply,
) => Promise<unknown>;

/** What `openRemote` asks, for processes that have no keys. Nothing else is served to them. */
export const internalRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  const serve = (path: string, answer: Answer): void => {
    app.post(path, async (request, reply) => {
      const signal = untilGone(reply);
      try {
        const storage = await openByToken(deps, bearerOf(request), signal);
        return await answer(storage, request.body, signal, reply);
      } catch (error) {
        return sendFailure(request, reply, error);
      }
    });
  };

  serve("/storage/abilities", async (storage) => tellAbilities(storage));
  serve("/storage/list", (storage, body) => {
    const { folder, cursor } = parseInput(List, body);
    return storage.list(folder, cursor);
  });
  serve("/storage/list-deep", (storage, body) => listBelow(storage, parseInput(Below, body)));
  serve("/storage/changes", (storage, body) => tellChanges(storage, parseInput(Below, body)));
  serve("/storage/stat", (storage, body) => storage.stat(parseInput(Stat, body).ref));

  serve("/storage/range", async (storage, body, signal, reply) => {
    const opened = await openRangeFor(storage, parseInput(Range, body), signal);
    return reply.headers(opened.headers).send(opened.body);
  });
};

/** Aborted when whoever asked is gone, before the first byte or after; of no use afterwards. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}

const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer ([\w-]{20,100})$/.exec(headers.authorization ?? "")?.[1];

function sendFailure(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const failure = nameFailure(error);
  logFailure(request.log, failure, error);
  return reply.code(statusOf(failure.code)).send(toRemoteFailure(error, failure));
}
