import { describe, expect, onTestFinished, test } from "vitest";
import { listLocales, listTimeZones } from "../../client/app/settings/date-choices.ts";
import {
  type DateStyle,
  formatDay,
  formatMoment,
  formatSample,
  formatShortDay,
  setDateStyle,
} from "../../client/app/words/format.ts";

const MOMENT = "2026-03-14T23:30:00.000Z";

function writeAs(style: DateStyle): void {
  setDateStyle(style);
  onTestFinished(() => setDateStyle(null));
}

/** Narrow blanks are a matter of taste of the day. */
const plain = (text: string): string => text.replaceAll(/\s/g, " ");

describe("a date", () => {
  test("is written in the way of the reader's region", () => {
    writeAs({ locale: "en-GB", timeZone: "UTC" });
    expect(formatDay(MOMENT)).toBe("14 March 2026");
    expect(formatShortDay(MOMENT)).toBe("14 Mar 2026");
    expect(formatMoment(MOMENT)).toBe("14 Mar, 23:30");
    setDateStyle({ locale: "en-US", timeZone: "UTC" });
    expect(formatDay(MOMENT)).toBe("March 14, 2026");
    expect(plain(formatMoment(MOMENT))).toBe("Mar 14, 11:30 PM");
  });

  test.each([
    ["de-CH", "14.03.2026"],
    ["fr-FR", "14/03/2026"],
    ["fr-CA", "2026-03-14"],
    ["cs-CZ", "14. 03. 2026"],
    ["hu-HU", "2026. 03. 14"],
    ["bg-BG", "14.03.2026"],
    ["ar-EG", "14/03/2026"],
    ["ja-JP", "2026/03/14"],
    ["th-TH", "14/03/2569"],
    ["th-TH-u-ca-gregory", "14/03/2026"],
    ["fa-IR", "1404/12/23"],
  ])("is in figures where the region's language is not that of the screens: %s", (locale, day) => {
    writeAs({ locale, timeZone: "UTC" });
    expect([formatDay(MOMENT), formatShortDay(MOMENT)]).toEqual([day, day]);
    expect(formatMoment(MOMENT)).toBe(`${day}, 23:30`);
    expect(formatSample(Date.parse(MOMENT))).toBe(`${day}, 23:30`);
  });

  const ENGLISH = /^[\d ,:]*\bMar(ch|\.)?\b[\d ,:]*( at [\d:]+)?( ?[ap]\.?m\.?)?$/i;
  const FIGURES = /^\d[\d./\- ]*\d(, \d\d:\d\d)?$/;

  test("names months in English or not at all, whatever is chosen, before noon and after", () => {
    const locales = listLocales(null).flatMap(({ value }) => value ?? []);
    expect(locales.length).toBeGreaterThan(50);
    const wrong = locales.flatMap((locale) => {
      writeAs({ locale, timeZone: "UTC" });
      const right = locale.startsWith("en") ? ENGLISH : FIGURES;
      return [MOMENT, "2026-03-14T07:05:00.000Z"]
        .flatMap((moment) => [
          ...[formatDay(moment), formatShortDay(moment), formatMoment(moment)],
          formatSample(Date.parse(moment)),
        ])
        .filter((text) => !right.test(plain(text)))
        .map((text) => `${locale}: ${text}`);
    });
    expect(wrong).toEqual([]);
  });

  test("is the one that the reader's clock shows", () => {
    writeAs({ locale: "en-GB", timeZone: "Europe/Zurich" });
    expect(formatDay(MOMENT)).toBe("15 March 2026");
    expect(formatMoment(MOMENT)).toBe("15 Mar, 00:30");
    expect(formatSample(Date.parse(MOMENT))).toBe("15 March 2026 at 00:30");
    setDateStyle({ locale: "en-GB", timeZone: "America/New_York" });
    expect(formatMoment(MOMENT)).toBe("14 Mar, 19:30");
  });

  test("is written as the browser says for who has chosen nothing, and after signing out", () => {
    const usual = new Intl.DateTimeFormat().resolvedOptions();
    writeAs({ locale: usual.locale, timeZone: usual.timeZone });
    const asUsual = formatSample(Date.parse(MOMENT));
    setDateStyle({ locale: "ja-JP", timeZone: "Asia/Tokyo" });
    expect(formatDay(MOMENT)).toBe("2026/03/15");
    setDateStyle(null);
    expect(formatSample(Date.parse(MOMENT))).toBe(asUsual);
  });

  test("is written in a browser that does not know the place", () => {
    writeAs({ locale: "en-GB", timeZone: "Europe/Atlantis" });
    expect(formatDay("2026-03-14T12:00:00.000Z")).toBe("14 March 2026");
  });
});

describe("what there is to choose", () => {
  test("begins with what the browser says", () => {
    for (const [first] of [listLocales(null), listTimeZones(null)]) {
      expect(first).toMatchObject({ value: null, label: expect.stringMatching(/^Browser: /) });
    }
  });

  test("are languages and places by their names, each once", () => {
    const locales = listLocales(null);
    expect(locales).toContainEqual({ value: "de-CH", label: "German (Switzerland)" });
    const places = listTimeZones(null);
    expect(places).toContainEqual({ value: "America/New_York", label: "America/New York" });
    expect(places).toContainEqual({ value: "UTC", label: "UTC" });
    for (const choices of [locales, places]) {
      expect(new Set(choices.map(({ value }) => value)).size).toBe(choices.length);
    }
  });

  test("has what was chosen elsewhere, although it is rare or has another name here", () => {
    expect(listLocales("gsw-CH").map(({ value }) => value)).toContain("gsw-CH");
    expect(listLocales("th-TH-u-ca-gregory")).toContainEqual({
      value: "th-TH-u-ca-gregory",
      label: "Thai (Thailand)",
    });
    expect(listTimeZones("Asia/Elsewhere").map(({ value }) => value)).toContain("Asia/Elsewhere");
  });
});
