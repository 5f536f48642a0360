import { describe, expect, test } from "vitest";
import { NewPassword } from "#contract/auth.ts";
import type { BandId, ShareId, TrackId } from "#contract/ids.ts";
import type { LeftBand } from "#contract/leaving.ts";
import { type Share, ShareTerms } from "#contract/shares.ts";
import { countShares } from "../../client/app/settings/count-shares.ts";
import { startLooking } from "../../client/app/shares/looking.ts";
import { createPassword } from "../../client/app/shares/random-password.ts";
import { findWrongTerms, formOf, noTerms, toTerms } from "../../client/app/shares/terms.ts";
import { shares as words } from "../../client/app/words/shares.ts";

const NOW_MS = Date.parse("2026-03-14T12:00:00.000Z");
const DAY_MS = 86_400_000;

const share = (change: Partial<Share> = {}): Share => ({
  id: "00000000-0000-7000-8000-000000000001" as ShareId,
  bandId: "00000000-0000-7000-8000-00000000000b" as BandId,
  kind: "track",
  trackId: "00000000-0000-7000-8000-00000000000c" as TrackId,
  playlistId: null,
  rehearsalId: null,
  title: "Take 3",
  artist: null,
  heldOn: null,
  cover: null,
  state: "open",
  terms: { expiresAt: null, playLimit: null, canDownload: false, canComment: false },
  hasPassword: false,
  playCount: 0,
  lastPlayedAt: null,
  createdBy: "Anna",
  createdAt: new Date().toISOString(),
  ...change,
});

describe("a made password", () => {
  test("is one that the server takes, in groups that can be read out", () => {
    const password = createPassword();
    expect(NewPassword.safeParse(password).success).toBe(true);
    expect(password).toMatch(/^(?:[a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    expect(createPassword()).not.toBe(password);
  });

  test("is made of every random byte, evenly, and of nothing that looks alike", () => {
    const seen = new Map<string, number>();
    for (let first = 0; first < 256; first += 16) {
      const all = createPassword((bytes) => {
        for (let at = 0; at < bytes.length; at += 1) bytes[at] = first + at;
        return bytes;
      });
      for (const character of all.replaceAll("-", "")) {
        seen.set(character, (seen.get(character) ?? 0) + 1);
      }
    }
    expect([...new Set(seen.values())]).toEqual([8]);
    expect(seen.size).toBe(32);
    for (const alike of "01lo") expect(seen.has(alike)).toBe(false);
  });
});

describe("terms", () => {
  test.each([
    ["never", null],
    ["day", 1],
    ["week", 7],
    ["month", 30],
  ])("%s ends after %s days", (ends, days) => {
    const { expiresAt } = toTerms(
      { ...noTerms, ends },
      { canDownload: false, canComment: false },
      NOW_MS,
    );
    expect(expiresAt && Date.parse(expiresAt)).toBe(days && NOW_MS + days * DAY_MS);
  });

  test("a date is good for the whole of its day, where the browser is", () => {
    const form = { ...noTerms, ends: "date", date: "2026-03-20" };
    const { expiresAt } = toTerms(form, { canDownload: false, canComment: false }, NOW_MS);
    const end = new Date(expiresAt ?? "");
    expect([end.getFullYear(), end.getMonth(), end.getDate()]).toEqual([2026, 2, 20]);
    expect([end.getHours(), end.getMinutes()]).toEqual([23, 59]);
  });

  test("a form that is only opened changes nothing", () => {
    const terms: ShareTerms = {
      expiresAt: "2026-04-01T08:15:30.000Z",
      playLimit: 20,
      canDownload: true,
      canComment: false,
    };
    const form = formOf(share({ terms }));
    expect(findWrongTerms(form, NOW_MS)).toEqual({});
    expect(toTerms(form, terms, NOW_MS)).toEqual(terms);
    const open = share();
    expect(toTerms(formOf(open), open.terms, NOW_MS)).toEqual(open.terms);
  });

  test.each(["1", " 20 ", "1000000"])("a limit of %j is one that the server takes", (limit) => {
    const form = { ...noTerms, limit };
    expect(findWrongTerms(form, NOW_MS).limit).toBeUndefined();
    const terms = toTerms(form, { canDownload: false, canComment: false }, NOW_MS);
    expect(ShareTerms.parse(terms).playLimit).toBe(Number(limit));
  });

  test.each(["0", "-1", "1.5", "1000001", "many", "1e3", "0x10"])("%j is no limit", (limit) => {
    expect(findWrongTerms({ ...noTerms, limit }, NOW_MS).limit).toBe(words.terms.limitWrong);
  });

  test("a day that is missing or past, and a short password, are said beside their fields", () => {
    const onDate = (date: string) =>
      findWrongTerms({ ...noTerms, ends: "date", date }, NOW_MS).date;
    expect(onDate("")).toBe(words.terms.dateMissing);
    expect(onDate("2026-03-12")).toBe(words.terms.datePast);
    expect(onDate("2026-03-16")).toBeUndefined();
    const secret = (password: string) => findWrongTerms({ ...noTerms, password }, NOW_MS).password;
    expect(secret("")).toBeUndefined();
    expect(secret("1234567")).toBe(words.terms.passwordShort);
    expect(secret("12345678")).toBeUndefined();
  });
});

describe("a link in words", () => {
  const lastPlayedAt = new Date(Date.now() - 3 * DAY_MS).toISOString();
  const limited = { expiresAt: null, playLimit: 20, canDownload: false, canComment: false };

  test.each([
    [share(), "Not heard yet"],
    [share({ playCount: 1, lastPlayedAt }), "Heard 1 time, last 3 days ago"],
    [share({ terms: limited }), "Heard 0 of 20 times"],
    [
      share({ terms: limited, playCount: 12, lastPlayedAt }),
      "Heard 12 of 20 times, last 3 days ago",
    ],
  ])("says how often it was heard", (link, sentence) => {
    expect(words.heard(link)).toBe(sentence);
  });

  test("says its state and what it asks for only where that is worth a word", () => {
    expect(words.tags(share())).toEqual([]);
    const terms = { expiresAt: null, playLimit: 1, canDownload: true, canComment: false };
    expect(words.tags(share({ state: "used_up", hasPassword: true, terms }))).toEqual([
      "Used up",
      "Password",
      "Download",
    ]);
    expect(words.tags(share({ state: "expired" }))).toEqual(["Expired"]);
  });

  test("says when it ends and who made it, as far as that is known", () => {
    expect(words.about(share())).toBe("Does not end by itself · Made by Anna just now");
    const terms = {
      expiresAt: "2026-04-01T08:15:30.000Z",
      playLimit: null,
      canDownload: false,
      canComment: false,
    };
    expect(words.about(share({ terms, createdBy: null }))).toMatch(
      /^Ends .*2026.* · Made just now$/,
    );
    expect(words.about(share({ terms, state: "expired" }))).toMatch(/^Ended .*2026/);
  });

  test("tells a guest how many listens are left", () => {
    expect([0, 1, 2].map(words.guest.left)).toEqual([
      "No more listens are left",
      "1 listen left",
      "2 listens left",
    ]);
  });
});

test("links count for whoever leaves only in bands that go on", () => {
  const band = (n: number, fate: LeftBand["fate"]): LeftBand => ({
    id: `00000000-0000-7000-8000-00000000000${n}` as BandId,
    name: `Band ${n}`,
    isPersonal: false,
    fate,
    heirs: [],
    connectionCount: 0,
    trackCount: 0,
    shareCount: 10 ** n,
  });
  const bands = [band(0, "removed"), band(1, "left"), band(2, "decide"), band(3, "decide")];
  const [, , second, third] = bands as [LeftBand, LeftBand, LeftBand, LeftBand];
  expect(countShares(bands, [])).toBe(10);
  expect(
    countShares(bands, [
      { bandId: second.id, choice: "hand_over", userId: "u" as never },
      { bandId: third.id, choice: "remove" },
    ]),
  ).toBe(110);
});

describe("whoever looks whether a link is still there", () => {
  /** Looks that end when the test says so. */
  function watched() {
    const due: (() => void)[] = [];
    const looks: PromiseWithResolvers<void>[] = [];
    const stop = startLooking(
      () => {
        const look = Promise.withResolvers<void>();
        looks.push(look);
        return look.promise;
      },
      2_000,
      (_, run) => {
        due.push(run);
        return () => due.splice(due.indexOf(run), 1);
      },
    );
    const timeGoesBy = () => {
      for (const run of due.splice(0)) run();
    };
    return { looks, due, stop, timeGoesBy };
  }
  const aTurn = () => new Promise((resolve) => setImmediate(resolve));

  test("does not begin anew while they wait for an answer, and goes on after it or without one", async () => {
    const { looks, stop, timeGoesBy } = watched();
    for (let times = 0; times < 3; times += 1) timeGoesBy();
    expect(looks).toHaveLength(1);
    looks[0]?.resolve();
    await aTurn();
    timeGoesBy();
    timeGoesBy();
    expect(looks).toHaveLength(2);
    looks[1]?.reject(new Error("The line is down."));
    await aTurn();
    timeGoesBy();
    expect(looks).toHaveLength(3);
    stop();
  });

  test("looks no more once they have left, in the middle of a look too", async () => {
    const { looks, due, stop, timeGoesBy } = watched();
    timeGoesBy();
    stop();
    looks[0]?.resolve();
    await aTurn();
    expect(due).toEqual([]);
    const other = watched();
    other.stop();
    expect(other.due).toEqual([]);
  });
});
