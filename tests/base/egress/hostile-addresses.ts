import fc from "fast-check";

/** Requirement 36: all of these lead, or would like to lead, where nobody may go. */
export const hostileHosts = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "017700000001",
  "0",
  "0.0.0.0",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "127.0.0.1.",
  "%31%32%37.0.0.1",
  "localhost",
  "localhost.",
  "music.localhost",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::7f00:1]",
  "[::ffff:0:127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b:1::127.0.0.1]",
  "[2002:7f00:1::1]",
  "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[ff02::1]",
  "169.254.169.254",
  "100.100.100.200",
  "192.0.0.192",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "10.0.0.1",
  "192.168.1.10",
  "172.16.0.1",
  "100.64.0.1",
  "[fd12:3456::1]",
] as const;

/** What a resolver may answer for a name that looks innocent. */
export const hostileAddresses = [
  "127.0.0.1",
  "127.0.0.53",
  "0.0.0.0",
  "::1",
  "::",
  "::ffff:127.0.0.1",
  "::7f00:1",
  "::ffff:0:7f00:1",
  "64:ff9b::7f00:1",
  "2002:7f00:1::1",
  "2001::1",
  "fe80::1",
  "fe80::1%lo",
  "fd00:ec2::254",
  "ff02::1",
  "169.254.169.254",
  "168.63.129.16",
  "100.100.100.200",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.10",
  "100.64.0.1",
  "fd12:3456::1",
  "127.1",
  "cloud.example",
  "",
] as const;

/** Addresses that must not be reached, in the many ways in which a URL may spell them. */
export function hostileSpelling(): fc.Arbitrary<string> {
  const octet = fc.nat(255);
  const ipv4 = fc
    .oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
      fc.tuple(fc.constant(198), fc.constantFrom(18, 19), octet, octet),
      fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
    )
    .map(([a, b, c, d]) => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  const spelling = fc.constantFrom(
    ...([
      dotted,
      (n) => String(n),
      hex,
      octal,
      mixed,
      short,
      ideographic,
      percent,
      circled,
    ] satisfies ((n: number) => string)[]),
    ...["::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"].map(
      (prefix) => (n: number) => `[${prefix}${dotted(n)}]`,
    ),
    (n: number) => `[2002:${pair(n)}::1]`,
  );
  const group = fc.nat(0xffff).map((n) => n.toString(16));
  const ipv6 = fc
    .tuple(
      fc.constantFrom("fe80", "fe90", "fc00", "fd12", "ff02", "fec0", "2001:0", "5f00"),
      group,
      group,
    )
    .map(([head, a, b]) => `[${head}:${a}::${b}]`);
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((label) => `${label}x.localhost`);
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(ipv4, spelling).map(([n, spell]) => spell(n)) },
    { weight: 2, arbitrary: ipv6 },
    { weight: 1, arbitrary: name },
  );
}

const octets = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const dotted = (n: number): string => octets(n).join(".");
const hex = (n: number): string => `0x${n.toString(16)}`;
const octal = (n: number): string => `0${n.toString(8)}`;
const mixed = (n: number): string =>
  octets(n)
    .map((octet, index) => (index % 2 === 0 ? hex(octet) : octal(octet)))
    .join(".");
const short = (n: number): string => `${n >>> 24}.${n & 0xffffff}`;
const ideographic = (n: number): string => `${octets(n).join("。")}.`;
const percent = (n: number): string =>
  [...dotted(n)].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join("");
const circled = (n: number): string =>
  dotted(n).replaceAll(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit)));
const pair = (n: number): string => `${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}`;
