import ipaddr from "ipaddr.js";

/**
 * - `public`: anybody's address on the internet.
 * - `private`: a home or company network (RFC 1918, ULA, CGNAT); an administrator may allow it.
 * - `loopback`: this machine; for development and tests only.
 * - `never`: link-local, metadata services, transitions that hide another address, reserved space.
 */
export type AddressKind = "public" | "private" | "loopback" | "never";

/** What the policy says to one address. `private` is the only refusal that a setting can lift. */
export type Verdict = "allowed" | "private" | "never";
export type Judge = (address: string) => Verdict;

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Metadata and control services of cloud hosts at addresses that no special range covers:
 * Alibaba (inside CGNAT), Azure (looks public), AWS, Google and Scaleway over IPv6 (inside ULA).
 */
const metadata: readonly Block[] = [
  "100.100.100.200/32",
  "168.63.129.16/32",
  "fd00:ec2::254/128",
  "fd00:ec2::23/128",
  "fd20:ce::254/128",
  "fd00:42::42/128",
].map((cidr) => ipaddr.parseCIDR(cidr));

/**
 * What IANA has given out as global unicast; everything outside is special, now or later. Also the
 * answer to ipaddr.js 2.5.0, which calls IPv4-compatible `::7f00:1` (127.0.0.1) unicast.
 */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Classifies one IP address in its plain form; anything else, zone ids included, is `never`. */
export function classifyAddress(address: string): AddressKind {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return classifyIpv4(ipaddr.IPv4.parse(address));
  if (!address.includes(":") || !ipaddr.IPv6.isValid(address)) return "never";
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.zoneId ? "never" : classifyIpv6(parsed);
}

/**
 * @param policy.allow - CIDRs; they lift `private` and nothing else.
 * @throws RangeError for a text that is no CIDR, so that a misspelt setting stops the start.
 */
export function createJudge(policy: {
  readonly allow: readonly string[];
  readonly allowLoopback: boolean;
}): Judge {
  const allowed = policy.allow.map(parseCidr);
  return (address) => {
    const kind = classifyAddress(address);
    switch (kind) {
      case "public":
        return "allowed";
      case "private":
        return allowed.some((block) => isInside(ipaddr.parse(address), block))
          ? "allowed"
          : "private";
      case "loopback":
        return policy.allowLoopback ? "allowed" : "never";
      case "never":
        return "never";
    }
  };
}

function parseCidr(text: string): Block {
  if (!ipaddr.isValidCIDR(text)) {
    throw new RangeError(`"${text}" is not a network such as 192.168.0.0/16`);
  }
  return ipaddr.parseCIDR(text);
}

function classifyIpv4(address: ipaddr.IPv4): AddressKind {
  if (metadata.some((block) => isInside(address, block))) return "never";
  switch (address.range()) {
    case "unicast":
      return "public";
    case "private":
    case "carrierGradeNat":
      return "private";
    case "loopback":
      return "loopback";
    default:
      return "never";
  }
}

function classifyIpv6(address: ipaddr.IPv6): AddressKind {
  if (metadata.some((block) => isInside(address, block))) return "never";
  const range = address.range();
  if (range === "loopback") return "loopback";
  if (range === "uniqueLocal") return "private";
  return range === "unicast" && address.match(globalUnicast) ? "public" : "never";
}

function isInside(address: ipaddr.IPv4 | ipaddr.IPv6, block: Block): boolean {
  return address.kind() === block[0].kind() && address.match(block);
}
