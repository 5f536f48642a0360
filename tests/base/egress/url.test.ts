import { describe, expect, test } from "vitest";
import { isWebPort, parseTarget } from "#server/base/egress/url.ts";

const refusalOf = (address: string): string => {
  try {
    parseTarget(address);
  } catch (error) {
    expect(error).toMatchObject({ name: "AppError", code: "storage_refused" });
    return (error as Error).message;
  }
  throw new Error(`${address} was accepted`);
};

describe("an address that a person types", () => {
  test("is taken apart once", () => {
    const target = parseTarget("https://Cloud.Example./remote.php/dav?x=1#top");
    expect(target.url.href).toBe("https://cloud.example/remote.php/dav?x=1");
    expect(target).toMatchObject({
      isSecure: true,
      host: "cloud.example",
      hostname: "cloud.example",
      port: 443,
      isLiteral: false,
      isLoopbackName: false,
    });
  });

  test("keeps its port, and an IPv6 address its brackets for the Host header only", () => {
    expect(parseTarget("http://[2606:4700::1111]:8080/")).toMatchObject({
      isSecure: false,
      host: "[2606:4700::1111]",
      hostname: "2606:4700::1111",
      port: 8080,
      isLiteral: true,
    });
  });

  test.each(["localhost", "LOCALHOST", "localhost.", "a.b.localhost", "x.localhost."])(
    "%s means this machine",
    (host) => {
      expect(parseTarget(`http://${host}/`).isLoopbackName).toBe(true);
    },
  );

  test.each(["localhost.example", "notlocalhost", "localhost.localdomain"])(
    "%s is a name like others",
    (host) => {
      expect(parseTarget(`http://${host}/`).isLoopbackName).toBe(false);
    },
  );

  test.each([
    "file:///etc/passwd",
    "gopher://cloud.example/_GET",
    "ftp://cloud.example/",
    "data:text/plain,hi",
    "ws://cloud.example/",
    "javascript:alert(1)",
  ])("%s has a scheme that is not spoken here", (address) => {
    expect(refusalOf(address)).toContain("https://");
  });

  test.each([
    "https://anna@cloud.example/",
    "https://anna:hunter2@cloud.example/",
    "https://:hunter2@cloud.example/",
    "https://cloud.example%2f@evil.example/",
  ])("%s carries credentials, which are not repeated", (address) => {
    const message = refusalOf(address);
    expect(message).toContain("user name or password");
    expect(message).not.toContain("hunter2");
    expect(message).not.toContain("anna");
  });

  test.each([
    "https://cloud.example/\r\nHost: evil",
    "https://cloud\n.example/",
    "https://cloud.example/\tx",
    "https://cloud.example/\u0000",
    "https://",
    "https://cloud..",
    "https://...",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://a b/",
    "https://1.2.3.4.5.6/",
    "cloud.example",
    "//cloud.example/",
    "",
    `https://${"a.".repeat(127)}example/`,
  ])("%j is not an address", (address) => {
    expect(refusalOf(address)).toContain("not a complete web address");
  });

  test.each([
    22,
    25,
    443 - 1,
    631,
    1023,
    2375,
    3306,
    5432,
    6379,
    6667,
    9200,
    11211,
    27017,
    10250,
    0,
  ])("port %i is not the web's", (port) => {
    expect(isWebPort(port)).toBe(false);
    expect(refusalOf(`http://cloud.example:${port}/secret?token=x`)).toMatch(
      new RegExp(`^Port ${port} of cloud\\.example `),
    );
  });

  test.each([80, 443, 81, 1024, 3000, 8080, 8443, 8096, 65535])(
    "port %i may be a web server",
    (port) => {
      expect(isWebPort(port)).toBe(true);
      expect(parseTarget(`http://cloud.example:${port}/`).port).toBe(port);
    },
  );
});
