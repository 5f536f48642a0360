import { describe, expect, test } from "vitest";
import { failureOf, openEgress, patient, sayOnce, startTcp } from "./peers.ts";

describe("a request that will not do", () => {
  test.each([
    [{ "x-a": "b\r\nhost: evil" }],
    [{ "x-a": "b\nc" }],
    [{ "x-a": "\u0000" }],
    [{ "x-a": "€" }],
    [{ "x a": "b" }],
    [{ "x\r\ny": "b" }],
    [{ "": "b" }],
    [{ Host: "evil.example" }],
    [{ Connection: "upgrade" }],
    [{ "Transfer-Encoding": "chunked" }],
    [{ "Proxy-Authorization": "Basic x" }],
    [{ Upgrade: "h2c" }],
    [{ TE: "trailers" }],
    [{ "Accept-Encoding": "gzip" }],
  ])("because of its headers %j is not sent", async (headers) => {
    const peer = await startTcp();
    const failure = await failureOf(openEgress(), {
      url: `http://cloud.example:${peer.port}/`,
      headers: headers as Record<string, string>,
    });
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/^The request was not sent/);
    expect(peer.accepted()).toBe(0);
  });

  test.each(["CONNECT", "connect", "TRACE", "GET /x HTTP/1.1\r\n", "", "G T"])(
    "because its method is %j is not sent",
    async (method) => {
      const peer = await startTcp();
      const failure = await failureOf(openEgress(), {
        url: `http://cloud.example:${peer.port}/`,
        method,
      });
      expect(failure.code).toBe("storage_refused");
      expect(peer.accepted()).toBe(0);
    },
  );
});

describe("an answer", () => {
  test("has its headers in lower case and its cookies apart", async () => {
    const peer = await startTcp(
      sayOnce(
        'HTTP/1.1 207 Multi-Status\r\nETag: "1"\r\nDAV: 1\r\ndav: 2\r\nSet-Cookie: a=1, x\r\nSet-Cookie: b=2\r\n__proto__: evil\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    expect(answer.status).toBe(207);
    expect(answer.headers).toMatchObject({ etag: '"1"', dav: "1, 2", "content-length": "0" });
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(Object.hasOwn(answer.headers, "__proto__")).toBe(true);
    expect(Object.getPrototypeOf(answer.headers)).toBe(Object.prototype);
    expect(answer.setCookies).toEqual(["a=1, x", "b=2"]);
  });
});
