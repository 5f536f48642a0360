import { describe, expect, test } from "vitest";
import { FolderPattern } from "#contract/uploads.ts";
import { isAudio as isAudioThere } from "#server/library/audio-types.ts";
import { DEFAULT_PATTERN, toFolders } from "#server/uploads/names.ts";
import { AUDIO_EXTENSIONS, isAudio, sortOut } from "../../client/app/uploads/files.ts";
import { fillIn, wrongPattern } from "../../client/app/uploads/pattern.ts";
import { upload } from "../../client/app/words/upload.ts";

describe("files that are chosen", () => {
  test("are audio where the library says so, and nowhere else", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
    const three = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    const names = [
      ...three,
      ...three.flatMap((ext) => ["a", "c", "f", "s", "x"].map((d) => ext + d)),
    ];
    const differing = names
      .map((ext) => `Take 1.${ext}`)
      .filter((name) => isAudio(name) !== isAudioThere(name));
    expect(differing).toEqual([]);
    expect(AUDIO_EXTENSIONS.filter((ext) => !isAudioThere(`x${ext}`))).toEqual([]);
    for (const name of ["TAKE.WAV", "a.b.flac", "mp3", "noise.", ".mp3"]) {
      expect(isAudio(name), name).toBe(isAudioThere(name));
    }
  });

  test("are sorted out: recordings, what is named as left out, and what nobody sees", () => {
    const file = (name: string) => new File(["x"], name);
    const { recordings, leftOut } = sortOut(
      ["1.mp3", "cover.jpg", "._1.mp3", ".DS_Store", "2.FLAC", "notes.txt"].map(file),
    );
    expect(recordings.map(({ name }) => name)).toEqual(["1.mp3", "2.FLAC"]);
    expect(leftOut).toEqual(["cover.jpg", "notes.txt"]);
    expect(upload.leftOut(leftOut)).toBe(
      "2 files are left out, because Backline plays only audio: cover.jpg, notes.txt.",
    );
    expect(upload.leftOut([..."abcdefg"])).toMatch(/: a, b, c, d, e and 2 more\.$/);
  });
});

describe("the folders of uploads", () => {
  const PATTERNS = [
    ...["", " ", "{year}/{year}-{month}-{day}", "Live/{band}", "{uploader}", "a//b", "/a", "a/"],
    ...["..", "a/./b", ". /a", "a\\b", "a\u0007b", "{Year}", "{", "a}b", "{{year}}", "{year}}"],
    ...[
      "x".repeat(500),
      "x".repeat(501),
      " Takes of {day} / {month} ",
      "...a",
      "a/ /b",
      "日記/{day}",
    ],
  ];

  test("are judged as the server judges them", () => {
    for (const pattern of PATTERNS) {
      const isFine = FolderPattern.safeParse(pattern).success;
      expect(wrongPattern(pattern) === undefined, pattern).toBe(isFine);
    }
  });

  test("wrong ones are told why", () => {
    const { wrong } = upload.where;
    expect(wrongPattern("a\\b")).toBe(wrong.characters);
    expect(wrongPattern("a//b")).toBe(wrong.slashes);
    expect(wrongPattern("{week}")).toBe(wrong.braces);
    expect(wrongPattern("x".repeat(501))).toBe(wrong.long);
  });

  const fine = PATTERNS.filter((pattern) => wrongPattern(pattern) === undefined);
  test.each(fine.filter(({ length }) => length < 200))(
    "%j are shown as the server makes them",
    (pattern) => {
      const day = new Date(2026, 2, 4, 12);
      const names = { band: "AC/DC ", uploader: "Anna Berg" };
      const made = toFolders(FolderPattern.parse(pattern), {
        ...names,
        day: new Date("2026-03-04"),
      });
      expect(fillIn(pattern.trim(), { ...names, day })).toBe(made.join("/"));
    },
  );

  test("are those of the server as long as nobody has chosen others", () => {
    expect(upload.where.usualPattern).toBe(DEFAULT_PATTERN);
  });
});
