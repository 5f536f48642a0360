import type { FastifyRequest } from "fastify";
import ipaddr from "ipaddr.js";

/** One for all whose address makes no sense, so that inventing addresses gains nothing. */
const UNKNOWN = "unknown";

/**
 * Who a limit counts: an IPv4 address, or the /64 of an IPv6 one, because a single line is given
 * that many. An IPv4 address that came through an IPv6 socket counts as itself.
 *
 * `request.ip` is the peer, or what a proxy of `TRUST_PROXY` says about it.
 */
export function clientKey(request: Pick<FastifyRequest, "ip">): string {
  if (!ipaddr.isValid(request.ip)) return UNKNOWN;
  const address = ipaddr.process(request.ip);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(":")}::/64`;
}
