import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { toCsvLine } from "#server/leaving/csv.ts";
import { type ExportFile, pack } from "#server/leaving/packing.ts";
import { toSafeNames } from "#server/leaving/safe-name.ts";
import { readZip } from "#tests/support/zip.ts";

const MB = 1024 * 1024;
const never = new AbortController().signal;

test("an archive is made no faster than it is taken, so that it is never whole in memory", async () => {
  let madeBytes = 0;
  const file = (path: string): ExportFile => ({
    path,
    async *content() {
      for (let n = 0; n < 40; n += 1) {
        madeBytes += MB;
        yield randomBytes(MB);
      }
    },
  });
  const parts: Buffer[] = [];
  let mostBytes = 0;
  const sizeBytes = await pack([file("one"), file("two")], new Date(), never, async (bytes) => {
    // Whoever makes it could go far ahead meanwhile.
    for (let n = 0; n < 20; n += 1) await setImmediate();
    parts.push(bytes);
    mostBytes = Math.max(mostBytes, madeBytes - Buffer.concat(parts).length);
  });
  expect(mostBytes).toBeLessThan(8 * MB);
  expect(parts.length).toBeGreaterThan(40);
  const archive = Buffer.concat(parts);
  expect(archive.length).toBe(sizeBytes);
  expect([...readZip(archive)].map(([name, { length }]) => [name, length])).toEqual([
    ["one", 40 * MB],
    ["two", 40 * MB],
  ]);
}, 60_000);

test("what cannot be read ends the archive, and so does whoever stops it", async () => {
  const broken: ExportFile = {
    path: "broken",
    // biome-ignore lint/correctness/useYield: it fails before.
    async *content() {
      throw new Error("The database is away.");
    },
  };
  await expect(pack([broken], new Date(), never, async () => {})).rejects.toThrow("is away");
  const whole: ExportFile = {
    path: "whole",
    content: async function* () {
      yield "text";
    },
  };
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(pack([whole], new Date(), stopped, async () => {})).rejects.toThrow("stopped");
});

test.each([
  ["../../x", "_.._x"],
  ["/etc/passwd", "_etc_passwd"],
  ["C:\\Windows", "C__Windows"],
  ["CON", "_CON"],
  ["com1.txt", "_com1.txt"],
  ["nul. ", "_nul"],
  [".hidden", "hidden"],
  ["a\u0000b\u202Ec", "a_b_c"],
  ["Cafe\u0301", "Café"],
  ["...", "band"],
  ["", "band"],
  ["夜汽車", "夜汽車"],
  ["x".repeat(300), "x".repeat(100)],
  ["é".repeat(300), "é".repeat(50)],
  ["🥁".repeat(60), "🥁".repeat(25)],
])("a band called %j has the folder %j", (name, folder) => {
  expect(toSafeNames([name])).toEqual([folder]);
});

test("bands that are called alike have a folder each, on every system", () => {
  expect(toSafeNames(["Duo", "duo", "DUO", "d/o", "d:o"])).toEqual([
    ...["Duo", "duo (2)", "DUO (3)", "d_o", "d_o (2)"],
  ]);
});

test.each([
  [["=cmd()", 1, null, true], "'=cmd(),1,,true\r\n"],
  [["+1", "-1", "@x", "\tx"], "'+1,'-1,'@x,'\tx\r\n"],
  [["\r=1"], '"\'\r=1"\r\n'],
  [['a "b", c'], '"a ""b"", c"\r\n'],
  [['=1","=2'], '"\'=1"",""=2"\r\n'],
  [[-5], "-5\r\n"],
])("the cells %j make the line %j", (cells, line) => {
  expect(toCsvLine(cells)).toBe(line);
});
