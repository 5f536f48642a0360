import { describe, expect, test } from "vitest";
import { type AddressKind, classifyAddress, createJudge } from "#server/base/egress/address.ts";

const kinds: readonly (readonly [address: string, kind: AddressKind, why: string])[] = [
  ["8.8.8.8", "public", "the internet"],
  ["192.169.0.1", "public", "just past RFC 1918"],
  ["172.32.0.1", "public", "just past RFC 1918"],
  ["100.128.0.1", "public", "just past CGNAT"],
  ["2606:4700:4700::1111", "public", "the internet"],
  ["10.0.0.1", "private", "RFC 1918"],
  ["172.16.0.1", "private", "RFC 1918"],
  ["172.31.255.255", "private", "RFC 1918"],
  ["192.168.1.10", "private", "RFC 1918"],
  ["100.64.0.1", "private", "CGNAT"],
  ["fd12:3456::1", "private", "ULA"],
  ["127.0.0.1", "loopback", "this machine"],
  ["127.255.255.254", "loopback", "this machine"],
  ["::1", "loopback", "this machine"],
  ["0.0.0.0", "never", "this machine by another name"],
  ["0.1.2.3", "never", "this network"],
  ["::", "never", "this machine by another name"],
  ["::7f00:1", "never", "IPv4-compatible, which ipaddr.js calls unicast"],
  ["::8.8.8.8", "never", "IPv4-compatible"],
  ["::ffff:127.0.0.1", "never", "IPv4-mapped"],
  ["::ffff:8.8.8.8", "never", "IPv4-mapped"],
  ["::ffff:0:127.0.0.1", "never", "RFC 6145"],
  ["64:ff9b::7f00:1", "never", "NAT64"],
  ["64:ff9b:1::7f00:1", "never", "local NAT64"],
  ["2002:7f00:1::", "never", "6to4"],
  ["2001::1", "never", "Teredo"],
  ["2001:db8::1", "never", "documentation"],
  ["3fff::1", "never", "documentation"],
  ["5f00::1", "never", "segment routing"],
  ["4000::1", "never", "not given out"],
  ["fe80::1", "never", "link-local"],
  ["fec0::1", "never", "site-local"],
  ["ff02::1", "never", "multicast"],
  ["100::1", "never", "discard"],
  ["169.254.169.254", "never", "metadata"],
  ["100.100.100.200", "never", "Alibaba metadata, inside CGNAT"],
  ["168.63.129.16", "never", "Azure, looks public"],
  ["fd00:ec2::254", "never", "AWS metadata, inside ULA"],
  ["fd20:ce::254", "never", "Google metadata, inside ULA"],
  ["fd00:42::42", "never", "Scaleway metadata, inside ULA"],
  ["192.0.0.192", "never", "Oracle metadata"],
  ["192.0.2.1", "never", "documentation"],
  ["192.88.99.1", "never", "6to4 relays"],
  ["198.18.0.1", "never", "benchmarks"],
  ["198.19.255.255", "never", "benchmarks"],
  ["224.0.0.1", "never", "multicast"],
  ["240.0.0.1", "never", "reserved"],
  ["255.255.255.255", "never", "broadcast"],
  ["fe80::1%eth0", "never", "a zone"],
  ["2606:4700::1%1", "never", "a zone"],
  ["0177.0.0.1", "never", "not the plain form"],
  ["127.1", "never", "not the plain form"],
  ["2130706433", "never", "not the plain form"],
  ["", "never", "nothing"],
  ["cloud.example", "never", "a name"],
];

describe("an address", () => {
  test.each(kinds)("%s is %s: %s", (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });
});

describe("what an administrator allows", () => {
  test("opens the named network and not its neighbours", () => {
    const judge = createJudge({ allow: ["192.168.0.0/16"], allowLoopback: false });
    expect(judge("192.168.1.10")).toBe("allowed");
    expect(judge("10.0.0.1")).toBe("private");
    expect(judge("fd12::1")).toBe("private");
    expect(judge("8.8.8.8")).toBe("allowed");
  });

  test("opens ULA by its own network", () => {
    const judge = createJudge({ allow: ["fd12:3456::/32"], allowLoopback: false });
    expect(judge("fd12:3456::1")).toBe("allowed");
    expect(judge("fd12:3457::1")).toBe("private");
    expect(judge("192.168.1.10")).toBe("private");
  });

  test("never opens loopback, link-local, metadata or a disguise, however wide it is", () => {
    const judge = createJudge({ allow: ["0.0.0.0/0", "::/0"], allowLoopback: false });
    expect(judge("10.1.2.3")).toBe("allowed");
    for (const [address, kind] of kinds) {
      if (kind === "loopback" || kind === "never")
        expect([address, judge(address)]).toEqual([address, "never"]);
    }
  });

  test("that is no network stops the start and is named", () => {
    expect(() => createJudge({ allow: ["192.168.0.0"], allowLoopback: false })).toThrow(
      /192\.168\.0\.0/,
    );
    expect(() => createJudge({ allow: ["lan"], allowLoopback: false })).toThrow(RangeError);
  });

  test("loopback for development opens loopback and nothing beside it", () => {
    const judge = createJudge({ allow: [], allowLoopback: true });
    expect(judge("127.0.0.1")).toBe("allowed");
    expect(judge("::1")).toBe("allowed");
    for (const address of ["0.0.0.0", "::", "::ffff:127.0.0.1", "::7f00:1", "169.254.169.254"]) {
      expect([address, judge(address)]).toEqual([address, "never"]);
    }
  });
});
