import { describe, expect, test } from "vitest";
import { attachmentNamed, mediaTypeOf } from "#server/playback/media-type.ts";

describe("a recording is sent as", () => {
  test.each([
    ["take 1.mp3", "audio/mpeg"],
    ["TAKE 1.MP3", "audio/mpeg"],
    ["memo.m4a", "audio/mp4"],
    ["noisy.Opus", "audio/ogg"],
    ["mix.flac", "audio/flac"],
  ])("what its name says: %s", (name, type) => {
    expect(mediaTypeOf(name)).toBe(type);
  });

  test.each(["page.html", "picture.svg", "script.js", "mp3", "no extension", "take.mp3.html"])(
    "plain bytes that no browser runs: %s",
    (name) => {
      expect(mediaTypeOf(name)).toBe("application/octet-stream");
    },
  );
});

describe("a download is saved under", () => {
  test.each([
    ["take 1.mp3", "take 1.mp3"],
    ["Café.mp3", "Cafe_.mp3"],
    ['say "hi".mp3', "say _hi_.mp3"],
    ["a\\b%41.mp3", "a_b_41.mp3"],
    ["a\r\nset-cookie: x=1.mp3", "a__set-cookie: x=1.mp3"],
  ])("a name that no header trips over: %j", (name, ascii) => {
    const header = attachmentNamed(name);
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(/filename="([^"]*)"/.exec(header)?.[1]).toBe(ascii);
  });

  test.each(["夜汽車 (100%).mp3", "Don't Wait *Up*.mp3", 'say "hi".mp3', "a/b;c=d, e.mp3"])(
    "its whole name by those who read more than ASCII: %s",
    (name) => {
      const encoded = /filename\*=UTF-8''(.*)$/.exec(attachmentNamed(name))?.[1] ?? "";
      expect(encoded, "RFC 8187 allows these and percent-encoding").toMatch(/^[\w!#$&+.^`|~%-]*$/);
      expect(decodeURIComponent(encoded)).toBe(name);
    },
  );

  test("some name, even when the file's is no text at all", () => {
    expect(attachmentNamed("take \ud800.mp3")).toContain("take%20%EF%BF%BD.mp3");
  });
});
