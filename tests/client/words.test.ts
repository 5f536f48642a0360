import { describe, expect, onTestFinished, test } from "vitest";
import { UserEntry } from "#contract/auth.ts";
import { judgePassword } from "../../client/app/auth/password-strength.ts";
import {
  formatAgo,
  formatBytes,
  formatDuration,
  plural,
  setDateStyle,
  speakDuration,
} from "../../client/app/words/format.ts";
import { people } from "../../client/app/words/people.ts";

describe("figures", () => {
  test.each([
    [0, "0:00"],
    [59_999, "0:59"],
    [185_000, "3:05"],
    [3_723_000, "1:02:03"],
  ])("%d ms reads as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  test("a screen reader says minutes and seconds", () => {
    expect(speakDuration(61_000)).toBe("1 minute 1 second");
    expect(speakDuration(7_200_000)).toBe("2 hours");
    expect(speakDuration(0)).toBe("0 seconds");
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [999_600, "1.00 MB"],
    [12_340_000, "12.3 MB"],
    [18_200_000_000, "18.2 GB"],
    [123_400_000_000, "123 GB"],
  ])("%d bytes read as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("one is not many", () => {
    expect(plural(1, "track")).toBe("1 track");
    expect(plural(2400, "track")).toBe("2,400 tracks");
  });

  test("the past is told as people tell it", () => {
    const now = Date.parse("2026-03-14T19:30:00.000Z");
    expect(formatAgo("2026-03-14T19:29:30.000Z", now)).toBe("just now");
    expect(formatAgo("2026-03-14T19:25:00.000Z", now)).toBe("5 minutes ago");
    expect(formatAgo("2026-03-13T19:30:00.000Z", now)).toBe("yesterday");
  });
});

describe("a new password", () => {
  const levelOf = (password: string) => judgePassword(password, ["Anna Berg", "anna@band.example"]);

  test.each([
    ["short", 0],
    ["password123", 1],
    ["anna-is-great", 1],
    ["aaaaaaaaaaaa", 1],
    ["12345678901", 1],
    ["lamptide", 2],
    ["correct lamp harbour tide", 4],
  ])("%s is judged %d of 4", (password, level) => {
    expect(levelOf(password).level).toBe(level);
  });

  test("too short says how much is missing, counted as people count", () => {
    expect(levelOf("🎸🎸🎸🎸🎸🎸").hint).toBe("2 more characters needed.");
  });
});

describe("a person in the list of people", () => {
  const ben = UserEntry.parse({
    id: "018f2f6e-0000-7000-8000-000000000001",
    email: "ben@band.example",
    name: "Ben",
    role: "user",
    isEmailVerified: true,
    suspendedAt: null,
    createdAt: "2026-03-14T19:30:00.000Z",
    lastSeenAt: null,
  });

  test("has nothing marked when all is well", () => {
    expect(people.tags(ben, false)).toEqual([]);
    expect(people.about(ben)).toBe("ben@band.example · Listener · not seen lately");
  });

  test("is marked with all that is not", () => {
    setDateStyle({ locale: "en-GB", timeZone: "UTC" });
    onTestFinished(() => setDateStyle(null));
    const suspendedAt = "2026-03-14T19:30:00.000Z";
    expect(people.tags({ ...ben, isEmailVerified: false, suspendedAt }, true)).toEqual([
      "You",
      "Not confirmed",
      "Suspended since 14 March 2026",
    ]);
  });
});
