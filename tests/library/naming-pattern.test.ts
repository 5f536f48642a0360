import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayAt, findDay } from "#server/library/naming-dates.ts";
import { match, readPattern } from "#server/library/naming-pattern.ts";
import { nameByRule, readRule } from "#server/library/naming-rule.ts";

const found = (pattern: string, name: string, where: "names" | "folders" = "names") => {
  const read = readPattern(pattern, where);
  if (typeof read === "string") throw new Error(read);
  return match(read, name);
};

const MONTHS = ["January", "February", "March", "April", "May", "June", "July"];
MONTHS.push("August", "September", "October", "November", "December");

describe("a day in a name", () => {
  test.each([
    ["2024-05-01", "2024-05-01"],
    ["2024_05_01", "2024-05-01"],
    ["2024.5.1", "2024-05-01"],
    ["20240501", "2024-05-01"],
    ["01.05.2024", "2024-05-01"],
    ["1 May 2024", "2024-05-01"],
    ["1st of it", null],
    ["1st May 2024", "2024-05-01"],
    ["May 1, 2024", "2024-05-01"],
    ["Sept. 30 2023", "2023-09-30"],
    ["1-may-2024", "2024-05-01"],
    ["13-05-2024", "2024-05-13"],
    ["05-13-2024", "2024-05-13"],
    ["05-05-2024", "2024-05-05"],
    ["Live 2024-02-29 late", "2024-02-29"],
    ["2024-02-30", null],
    ["2023-02-29", null],
    ["2024-13-01", null],
    ["05-01-2024", null],
    ["05/01/2024", null],
    ["24-05-01", null],
    ["2024-05", null],
    ["2024-05_01", null],
    ["120240501", null],
    ["20240501123000", null],
    ["x2024-05-01", null],
    ["Take 12", null],
  ])("%s is %s", (text, day) => {
    expect(findDay(text)).toBe(day);
  });

  test("every day is found in every form that says it", () => {
    const days = fc.date({
      min: new Date("1900-01-01"),
      max: new Date("2199-12-31"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(days, fc.constantFrom("", "Live ", "(", "take_"), (date, before) => {
        const day = date.toISOString().slice(0, 10);
        const [y = "", m = "", d = ""] = day.split("-");
        const month = MONTHS[Number(m) - 1] ?? "";
        const forms = [
          ...[day, `${y}_${m}_${d}`, `${y}.${m}.${d}`, `${y} ${m} ${d}`, `${y}${m}${d}`],
          ...[`${d}.${m}.${y}`, `${Number(d)}.${Number(m)}.${y}`, `${Number(d)} ${month} ${y}`],
          ...[`${d} ${month.slice(0, 3)} ${y}`, `${month} ${Number(d)}, ${y}`],
        ];
        for (const form of forms) {
          expect([form, findDay(`${before}${form} x`)]).toEqual([form, day]);
          expect(dayAt(form, 0)?.end).toBe(form.length);
        }
      }),
    );
  });

  test("two numbers that may both be the month are no day, unless they are the same", () => {
    const small = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(small, small, fc.constantFrom("-", "_", " "), (one, other, sign) => {
        const text = [`${one}`, `${other}`, "2024"].join(sign);
        expect(findDay(text) !== null).toBe(one === other);
      }),
    );
  });
});

describe("a pattern", () => {
  test.each([
    ["{date} {artist} - {title}", "2024-05-01 The Herons - Low Tide", "The Herons", "Low Tide"],
    ["{artist} - {title}", "A - B - C", "A", "B - C"],
    ["{artist} – {title}", "A — B", "A", "B"],
    ["{artist}_-_{title}", "A  - B", "A", "B"],
    ["{title} ({artist})", "One (two) (three)", "two) (three", "One"],
    ["{number}. {artist} - {title}", "07. A - B", "A", "B"],
    ["TAKE {number} {artist} - {title}", "take 7 A - B", "A", "B"],
    ["{title} {date} {artist}", "My song 2024 05 01 Ann", "Ann", "My song"],
  ])("%s reads %s", (pattern, name, artist, title) => {
    expect(found(pattern, name)).toMatchObject({ artist, title });
  });

  test.each([
    ["{date} {title}", "Song"],
    ["{date} {title}", "2024-05-01"],
    ["{number} {title}", "1234 Song"],
    ["{artist} - {title}", "A -B"],
    ["{artist} - {title}", " - B"],
    ["{year} {title}", "20245 Song"],
  ])("%s does not read %s", (pattern, name) => {
    expect(found(pattern, name)).toBeUndefined();
  });

  test.each([
    ["{titel}", /“{titel}” at character 1 is no field. Use one of/],
    ["{title", /“{” at character 1 is not closed/],
    ["title}", /“}” at character 6 closes nothing/],
    ["{title} {title}", /{title} stands twice, the second time at character 9/],
    ["{artist}{title}", /“{title}” at character 9 follows another field/],
    ["{artist}", /where the title is/],
    ["just text", /Nothing is found by it/],
    ["{artist}/{title}", /A name has no/],
  ])("%s is refused with what is wrong and where", (pattern, message) => {
    expect(readPattern(pattern, "names")).toMatch(message);
  });

  test("of what was written by it everything is found again", () => {
    const word = fc.stringMatching(/^[A-Za-zäöü'&]{1,8}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(" "));
    const record = fc.record({
      title: text,
      artist: text,
      album: text,
      number: fc.integer({ min: 1, max: 999 }).map(String),
      date: fc
        .date({ min: new Date("1900-01-01"), max: new Date("2199-12-31"), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10)),
    });
    const order = fc.shuffledSubarray(["title", "artist", "album", "number", "date"] as const, {
      minLength: 1,
    });
    const sign = fc.constantFrom(" - ", " # ", "; ", " (x) ");
    fc.assert(
      fc.property(record, order, sign, (values, some, between) => {
        const fields = some.includes("title") ? some : [...some, "title" as const];
        const pattern = fields.map((field) => `{${field}}`).join(between);
        const name = fields.map((field) => values[field]).join(between);
        const expected = Object.fromEntries(fields.map((field) => [field, values[field]]));
        expect(found(pattern, name)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("no pattern and no name is too much: the places looked at grow with the name alone", () => {
    const pattern = "{artist} a {album} a {genre} a {skip} a {skip} a {skip} a {title} b";
    const read = readPattern(pattern, "names");
    if (typeof read === "string") throw new Error(read);
    const looksAt = (length: number): number => {
      let looks = 0;
      const text = "a ".repeat(length);
      const look = <T extends object>(it: T, key: PropertyKey): unknown => {
        looks += 1;
        return Reflect.get(it, key);
      };
      const parts = read.parts.map((part) => new Proxy(part, { get: look }));
      expect(match({ ...read, parts }, text)).toBeUndefined();
      return looks;
    };
    const [short, long] = [looksAt(30), looksAt(120)];
    expect(long / short).toBeLessThan(6);
  });

  test("anything at all is read or refused, and never throws", () => {
    const piece = fc.constantFrom("{title}", "{date}", "{", "}", " ", "/", "-", "é", "{skip}", "1");
    const pattern = fc.array(fc.oneof(piece, fc.string())).map((parts) => parts.join(""));
    fc.assert(
      fc.property(pattern, fc.string({ unit: "binary" }), (given, name) => {
        for (const where of ["names", "folders"] as const) {
          const read = readPattern(given, where);
          if (typeof read === "string") expect(read).toMatch(/^[A-Z“{T].*\.$/s);
          else expect(["object", "undefined"]).toContain(typeof match(read, name));
        }
      }),
    );
  });
});

describe("a rule", () => {
  const rule = (names: string[], folders: string[] = []) => {
    const read = readRule({ names, folders });
    if (!("names" in read)) throw new Error(JSON.stringify(read));
    return read;
  };

  test("the first pattern that fits counts, and what none fits is read as everywhere", () => {
    const both = rule(["{date} {artist} - {title}", "{number} {title}"]);
    expect(nameByRule(both, "x/2024-05-01 Ann - Sea.mp3", "")).toMatchObject({
      ...{ title: "Sea", artist: "Ann", album: "x", recordedOn: "2024-05-01", trackNumber: null },
    });
    expect(nameByRule(both, "7 Sea.mp3", "")).toMatchObject({ title: "Sea", trackNumber: 7 });
    expect(nameByRule(both, "The Herons/Tides/02 - Sea.mp3", "")).toMatchObject({
      ...{ title: "- Sea", artist: "The Herons", album: "Tides", trackNumber: 2 },
    });
    expect(nameByRule(both, "Sea.mp3", "")).toMatchObject({ title: "Sea", artist: null });
  });

  test("folders are those nearest to the file, below the root; the name counts more", () => {
    const read = rule(["{artist} - {title}"], ["{artist}/{date} {album}", "{skip}"]);
    const path = "Music/Herons/2024-05-01 Hamburg/Sea.mp3";
    expect(nameByRule(read, path, "Music")).toEqual({
      ...{ title: "Sea", artist: "Herons", album: "Hamburg", recordedOn: "2024-05-01" },
      ...{ genre: null, trackNumber: null, discNumber: null, year: null },
    });
    const other = nameByRule(read, "Music/Herons/2024-05-01 Hamburg/Ann - Sea.mp3", "Music");
    expect(other).toMatchObject({ title: "Sea", artist: "Ann", album: "Hamburg" });
    expect(nameByRule(read, "Music/Herons/Sea.mp3", "Music")).toMatchObject({
      ...{ artist: null, album: null },
    });
  });

  test("a day is found without any rule, in the name or the nearest folder that has one", () => {
    const none = rule([]);
    expect(nameByRule(none, "2023-01-01/2024-05-01 Sea.mp3", "")).toMatchObject({
      ...{ title: "2024-05-01 Sea", recordedOn: "2024-05-01" },
    });
    expect(nameByRule(none, "1 May 2024/late/Sea.mp3", "").recordedOn).toBe("2024-05-01");
    expect(nameByRule(none, "Sea.mp3", "").recordedOn).toBeNull();
  });

  test("every problem is told with its place", () => {
    expect(readRule({ names: ["{title}", "{x}"], folders: ["{title}"] })).toEqual([
      { list: "names", index: 1, message: expect.stringMatching(/{x}/) },
      { list: "folders", index: 0, message: expect.stringMatching(/not the title/) },
    ]);
  });
});
