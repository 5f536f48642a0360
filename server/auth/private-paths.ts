import type { FastifyRequest } from "fastify";

/** Routes that answer with somebody's data. Elsewhere nobody is signed in. */
const PRIVATE = [
  ...["/trpc/", "/stream/", "/hls/", "/download/", "/cover/", "/waveform/", "/picture/"],
  ...["/exports/", "/uploads"],
];

/** Asks the route that was matched, not the address, which can be written in many ways. */
export function isPrivate(request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? "";
  return PRIVATE.some((prefix) => route.startsWith(prefix));
}
