import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { whenClosed } from "#server/base/closing.ts";
import type { ByteRange } from "#server/storage/stored.ts";

/** A part of a recording, of the version that is worked on. */
export interface SourcePart {
  readonly sizeBytes: number;
  /** `null`: the whole file. */
  readonly range: ByteRange | null;
  readonly body: Readable | null;
}

/** @param range - a `Range` header. @param signal - aborted when nobody reads any more. */
export type OpenSource = (range: string | undefined, signal: AbortSignal) => Promise<SourcePart>;

/** Where a program reads recordings, which are wherever their storages are. */
export interface SourceServer {
  /**
   * @returns an address that is good until `close`, and a secret; and what its failures were.
   */
  serve(open: OpenSource): Promise<Served>;
  close(): Promise<void>;
}

export interface Served {
  readonly url: string;
  /** Why it could not be read, if that is how it was. */
  failure(): unknown;
  close(): void;
}

interface Source {
  readonly open: OpenSource;
  readonly ending: AbortController;
  failure: unknown;
}

/** Listens on loopback alone, and tells nobody anything who does not know an address. */
export function createSourceServer(): SourceServer {
  const sources = new Map<string, Source>();
  const app = Fastify({ forceCloseConnections: true });
  app.route({
    method: ["GET", "HEAD"],
    url: "/:token",
    handler: (request, reply) => {
      const { token } = request.params as { token: string };
      const source = sources.get(token);
      return source ? send(source, request, reply) : reply.code(404).send();
    },
  });
  let listening: Promise<string> | undefined;
  /** What has failed once is tried again by the next. */
  const listen = (): Promise<string> => {
    listening ??= app.listen({ host: "127.0.0.1", port: 0 }).catch((error: unknown) => {
      listening = undefined;
      throw error;
    });
    return listening;
  };
  return {
    async serve(open) {
      const address = await listen();
      const token = randomBytes(32).toString("base64url");
      const source: Source = { open, ending: new AbortController(), failure: undefined };
      sources.set(token, source);
      return {
        url: `${address}/${token}`,
        failure: () => source.failure,
        close() {
          sources.delete(token);
          source.ending.abort();
        },
      };
    },
    close: () => app.close(),
  };
}

async function send(
  source: Source,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = AbortSignal.any([whenClosed(reply).signal, source.ending.signal]);
  try {
    const { body, range, sizeBytes } = await source.open(request.headers.range, signal);
    const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
    reply.headers({ "accept-ranges": "bytes", "content-length": end - start + 1 });
    if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${sizeBytes}`);
    body?.once("error", (error) => note(source, error, signal));
    if (body) signal.addEventListener("abort", () => body.destroy(), { once: true });
    return reply.send(body);
  } catch (error) {
    note(source, error, signal);
    return reply.code(500).send();
  }
}

function note(source: Source, error: unknown, signal: AbortSignal): void {
  if (!signal.aborted) source.failure ??= error;
}
