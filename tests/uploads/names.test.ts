import { expect, test } from "vitest";
import { FolderPattern } from "#contract/uploads.ts";
import { numberedName, toFileName, toFolders } from "#server/uploads/names.ts";

test("a file's name is made fit for any storage, and stays itself where it is", () => {
  const table: readonly (readonly [given: string, name: string])[] = [
    ["take 1.mp3", "take 1.mp3"],
    ["日本の歌.mp3", "日本の歌.mp3"],
    ["cafe\u0301.mp3", "café.mp3"],
    ["Live/2026/take.mp3", "take.mp3"],
    ["C:\\fakepath\\take.mp3", "take.mp3"],
    ["../../etc/passwd.mp3", "passwd.mp3"],
    ["...hidden.mp3", "hidden.mp3"],
    ["  spaces .mp3  ", "spaces .mp3"],
    ["two\nlines\u0000\u007f.mp3", "twolines.mp3"],
    ["take\u202e3pm.exe.mp3", "take3pm.exe.mp3"],
    ["half \ud800.mp3", "half \ufffd.mp3"],
    ["..", ""],
    [".mp3", "mp3"],
    ["dots...", "dots"],
  ];
  for (const [given, name] of table) expect([given, toFileName(given)]).toEqual([given, name]);
});

test("a name of any length has 200 bytes at most, its type and its number", () => {
  for (const letter of ["a", "ö", "歌", "🎸"]) {
    const name = toFileName(`${letter.repeat(300)}.flac`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(name)).toBeGreaterThan(190);
    const second = numberedName(name, 12);
    expect(second).toMatch(/^.+ \(12\)\.flac$/u);
    expect(second.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(second)).toBeLessThanOrEqual(200);
  }
  expect(numberedName("Song.mp3", 1)).toBe("Song.mp3");
  expect(numberedName("Song.mp3", 2)).toBe("Song (2).mp3");
});

test("a pattern makes folders, and what is filled in makes none", () => {
  const values = {
    day: new Date("2026-03-04T23:59:59Z"),
    band: "AC/DC \\ Live",
    uploader: "..\u0000anna",
  };
  const table: readonly (readonly [pattern: string, folders: string[]])[] = [
    ["", []],
    ["{year}/{year}-{month}-{day}", ["2026", "2026-03-04"]],
    ["{band}/{uploader}", ["AC-DC - Live", "anna"]],
    [".hidden/ Demos of {uploader} ", ["hidden", "Demos of anna"]],
  ];
  for (const [pattern, folders] of table) {
    expect(toFolders(FolderPattern.parse(pattern), values)).toEqual(folders);
  }
  const nameless = { ...values, band: "...", uploader: "\n" };
  expect(toFolders("{band}/{uploader}", nameless)).toEqual(["Band", "Somebody"]);
  for (const bad of ["/", "a//b", "../x", "a/..", "{home}", "{year", "a\\b", "a\nb", "{{year}}"]) {
    expect([bad, FolderPattern.safeParse(bad).success]).toEqual([bad, false]);
  }
});
