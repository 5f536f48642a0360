import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { nameStatus, parseRetryAfter, readAnswer, send } from "#server/storage/http.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { refusalOf } from "./refusals.ts";
import { createTestIo } from "./worlds.ts";

const now = new Date("2026-03-14T19:30:00Z");

describe("how long a service wants us to wait", () => {
  test.each<[string | undefined, number | undefined]>([
    ["1", 1],
    ["315", 315],
    [" 20 ", 20],
    ["0", 1],
    ["1000000000", 3600],
    ["99999999999999999999999", 3600],
    ["Sat, 14 Mar 2026 19:30:30 GMT", 30],
    ["Sat, 14 Mar 2026 19:00:00 GMT", 1],
    ["Fri, 31 Dec 2199 23:59:59 GMT", 3600],
    ["Sat, 14 Mar 2026 25:61:00 GMT", undefined],
    ["soon", undefined],
    ["garbage 7", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j means %j seconds", (value, seconds) => {
    expect(parseRetryAfter(value, now)).toBe(seconds);
  });
});

describe("a status that nobody expected", () => {
  const failed = (status: number, headers = {}) => ({
    status,
    headers,
    host: "cloud.example",
    explanation: "<secret>",
  });

  test.each([
    [401, "storage_reconnect"],
    [403, "storage_refused"],
    [404, "not_found"],
    [410, "not_found"],
    [405, "storage_refused"],
    [408, "storage_unavailable"],
    [418, "storage_refused"],
    [423, "storage_unavailable"],
    [429, "rate_limited"],
    [500, "storage_unavailable"],
    [501, "storage_refused"],
    [502, "storage_unavailable"],
    [503, "storage_unavailable"],
    [504, "storage_unavailable"],
    [507, "storage_unavailable"],
    [200, "storage_refused"],
    [302, "storage_refused"],
  ])("%i is named %s, with something to do about it", async (status, code) => {
    const refusal = await refusalOf(Promise.reject(nameStatus(failed(status), now)), ["<secret>"]);
    expect(refusal.code).toBe(code);
  });

  test("says how long to wait, as the service does or as is usual", () => {
    const retryAfter = (status: number, value?: string) =>
      nameStatus(failed(status, value ? { "retry-after": value } : {}), now).retryAfterSeconds;
    expect(retryAfter(429, "7")).toBe(7);
    expect(retryAfter(429, "garbage")).toBe(60);
    expect(retryAfter(429)).toBe(60);
    expect(retryAfter(503, "315")).toBe(315);
    expect(retryAfter(503)).toBeUndefined();
    expect(retryAfter(423)).toBe(5);
    expect(retryAfter(423, "9")).toBe(9);
  });

  test("a redirect tells where to, and nothing of its path and query", () => {
    const login = { location: "https://login.example/start?token=4711" };
    const { message } = nameStatus(failed(302, login), now);
    expect(message).toContain("login.example");
    expect(message).not.toMatch(/4711|start/);
    expect(nameStatus(failed(302, { location: "/login" }), now).message).toContain(
      "page of its own",
    );
    expect(nameStatus(failed(302, { location: "http://" }), now).code).toBe("storage_refused");
  });

  test("a web page where there should be files is called one", () => {
    const page = nameStatus(failed(200, { "content-type": "text/html; charset=utf-8" }), now);
    expect(page.message).toContain("web page");
  });
});

describe("asking a service", () => {
  const Answer = z.object({ name: z.string() });
  const ask = async (text: string, status = 200) => {
    const server = await startFaultServer();
    onTestFinished(() => server.stop());
    server.fault({ path: "/api", status, headers: { "content-type": "text/html" }, text });
    const io = createTestIo();
    const url = new URL("/api", server.url);
    const headers = { authorization: "Basic c2VjcmV0" };
    const answer = await send(io, { url, headers, signal: io.signal }, { expected: [200] });
    return readAnswer(answer, Answer, 1000);
  };

  test("gives what was asked for", async () => {
    expect(await ask('{"name":"Anna","more":1}')).toEqual({ name: "Anna" });
  });

  test.each(["", "<html>", "[]", '{"name":7}', '{"__proto__":{"name":"x"}}'])(
    "blames the service for %j",
    async (text) => {
      const refusal = await refusalOf(ask(text), ["c2VjcmV0"]);
      expect(refusal.code).toBe("storage_unavailable");
    },
  );

  test("stops reading what is too long", async () => {
    const refusal = await refusalOf(ask(`{"name":"${"x".repeat(2000)}"}`));
    expect(refusal.code).toBe("storage_refused");
  });

  test("never repeats the credential or the body of a failure", async () => {
    const refusal = await refusalOf(ask("<secret>", 500), ["c2VjcmV0", "<secret>"]);
    expect(refusal.code).toBe("storage_unavailable");
  });
});

describe("work with a deadline", () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });

  test("is given up when it takes too long, in a sentence", async () => {
    const never = new AbortController().signal;
    const refusal = await refusalOf(withDeadline("cloud.example", never, 20, untilAborted));
    expect(refusal.code).toBe("storage_unavailable");
  });

  test("ends with its caller, for the caller's reason", async () => {
    const leave = new AbortController();
    const work = withDeadline("cloud.example", leave.signal, 60_000, untilAborted);
    const reason = new Error("gone");
    leave.abort(reason);
    await expect(work).rejects.toBe(reason);
  });

  test("gives its result, and its own failures as they are", async () => {
    const never = new AbortController().signal;
    expect(await withDeadline("h", never, 1000, async () => 7)).toBe(7);
    const own = new AppError("not_found", "no");
    await expect(withDeadline("h", never, 1000, () => Promise.reject(own))).rejects.toBe(own);
  });
});
