import { describe, expect, test } from "vitest";
import type { UserId } from "#contract/ids.ts";
import { createStreamLimit } from "#server/playback/stream-limit.ts";

const anna = "0199c9a0-0000-7000-8000-00000000000a" as UserId;
const ben = "0199c9a0-0000-7000-8000-00000000000b" as UserId;

describe("a listener with as many recordings open as allowed", () => {
  const annaWithTwo = () => {
    const limit = createStreamLimit(2);
    return { limit, leave: [limit.enter(anna), limit.enter(anna)] };
  };

  test("is told to close one, and when to come back", () => {
    const { limit } = annaWithTwo();
    expect(() => limit.enter(anna)).toThrow(
      expect.objectContaining({
        code: "rate_limited",
        message: expect.stringMatching(/2 recordings open/),
        retryAfterSeconds: expect.any(Number),
      }),
    );
  });

  test("costs nobody else theirs", () => {
    const { limit } = annaWithTwo();
    limit.enter(ben);
    expect(() => limit.enter(ben)).not.toThrow();
  });

  test("may open one for each that ends, and no more", () => {
    const { limit, leave } = annaWithTwo();
    leave[0]?.();
    limit.enter(anna);
    expect(() => limit.enter(anna)).toThrow();
  });

  test("is not made to pay for the one that was refused", () => {
    const { limit, leave } = annaWithTwo();
    expect(() => limit.enter(anna)).toThrow();
    for (const each of leave) each();
    limit.enter(anna);
    expect(() => limit.enter(anna)).not.toThrow();
  });
});
