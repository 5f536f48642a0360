import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRef, toFolderUrl, toRef, toUrl } from "#server/storage/webdav/href.ts";

const root = new URL("https://cloud.example:8443/remote.php/dav/files/carl%20smith/");

describe("where an href of a listing is", () => {
  const at = (href: string) => toRef(root, href);

  test.each<[string, string]>([
    ["/remote.php/dav/files/carl%20smith/", ""],
    ["/remote.php/dav/files/carl%20smith", ""],
    ["/remote.php/dav/files/carl%20smith/Live/", "Live"],
    ["/remote.php/dav/files/carl%20smith/a%c3%b6.mp3", "aö.mp3"],
    ["/remote.php/dav/files/carl%20smith/a%C3%B6.mp3", "aö.mp3"],
    ["/remote.php/dav/files/carl smith/aö.mp3", "aö.mp3"],
    ["/remote.php/dav/files/carl%20smith/%E6%97%A5%e6%9c%ac.mp3", "日本.mp3"],
    ["/remote.php/dav/files/carl%20smith/a+b.mp3", "a+b.mp3"],
    ["/remote.php/dav/files/carl%20smith/a%2Bb.mp3", "a+b.mp3"],
    ["/remote.php/dav/files/carl%20smith/take #1.mp3", "take #1.mp3"],
    ["/remote.php/dav/files/carl%20smith/what?.mp3", "what?.mp3"],
    ["/remote.php/dav/files/carl%20smith/100%25.mp3", "100%.mp3"],
    ["/remote.php/dav/files/carl%20smith/100%.mp3", "100%.mp3"],
    ["/remote.php/dav/files/carl%20smith/50%zz.mp3", "50%zz.mp3"],
    ["/remote.php/dav/files/carl%20smith/%2541.mp3", "%41.mp3"],
    ["/remote.php/dav/files/carl%20smith/%252e%252e", "%2e%2e"],
    ["//remote.php//dav/files/carl%20smith//Live//a.mp3", "Live/a.mp3"],
    ["https://cloud.example:8443/remote.php/dav/files/carl%20smith/a.mp3", "a.mp3"],
    ["http://cloud.example/remote.php/dav/files/carl%20smith/a.mp3", "a.mp3"],
    ["HTTPS://CLOUD.example/remote.php/dav/files/carl%20smith/a #1.mp3", "a #1.mp3"],
    [" \n/remote.php/dav/files/carl%20smith/a.mp3\n ", "a.mp3"],
    ["/remote.php/dav/files/carl%20smith/...", "..."],
  ])("%j is %j", (href, ref) => {
    expect(at(href)).toBe(ref);
  });

  test("keeps the spelling of the server, so that it finds the file again", () => {
    expect(at("/remote.php/dav/files/carl%20smith/cafe%CC%81.mp3")).toBe("cafe\u0301.mp3");
    expect(toUrl(root, "cafe\u0301.mp3").pathname).toContain("cafe%CC%81.mp3");
  });

  test("knows its own root in another normal form", () => {
    const composed = new URL("https://cloud.example/caf%C3%A9/");
    expect(toRef(composed, "/cafe%CC%81/a.mp3")).toBe("a.mp3");
  });

  test.each([
    "/remote.php/dav/files/ben/a.mp3",
    "/remote.php/dav/files/carl%20smith2/a.mp3",
    "/remote.php/dav/files/carl%20smith/../ben/a.mp3",
    "/remote.php/dav/files/carl%20smith/%2e%2e/a.mp3",
    "/remote.php/dav/files/carl%20smith/%2E%2E%2Fben",
    "/remote.php/dav/files/carl%20smith/.%2e/ben",
    "/remote.php/dav/files/carl%20smith/./a.mp3",
    "/remote.php/dav/files/carl%20smith/a%2Fb.mp3",
    "/remote.php/dav/files/carl%20smith/a%00.mp3",
    "/remote.php/dav/files/carl%20smith/a\0.mp3",
    "/remote.php/dav/files/carl%20smith/%e9.mp3",
    "/remote.php/dav/files/carl%20smith/%c3%28.mp3",
    `/remote.php/dav/files/carl%20smith/${"x".repeat(5000)}`,
    "https://evil.example/remote.php/dav/files/carl%20smith/a.mp3",
    "https://cloud.example@evil.example/remote.php/dav/files/carl%20smith/a.mp3",
    "https://[/remote.php/dav/files/carl%20smith/a.mp3",
    "file:///remote.php/dav/files/carl%20smith/a.mp3",
    "a.mp3",
    "",
  ])("%j is nowhere", (href) => {
    expect(at(href)).toBeNull();
  });
});

test("whatever name a file has, its address leads back to it and never out of the root", () => {
  const name = fc
    .string({ unit: "binary", minLength: 1, maxLength: 40 })
    .filter((text) => text.isWellFormed() && isRef(text) && !text.includes("/"));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (parts) => {
      const ref = parts.join("/");
      const url = toUrl(root, ref);
      expect(url.origin).toBe(root.origin);
      expect(url.href.startsWith(root.href)).toBe(true);
      expect(toRef(root, url.pathname)).toBe(ref);
    }),
    { numRuns: 500 },
  );
});

test("the address of a folder ends in a slash, the root's stays as it is", () => {
  expect(toFolderUrl(root, "Live #1").pathname).toBe(`${root.pathname}Live%20%231/`);
  expect(toFolderUrl(root, "").href).toBe(root.href);
});

test.each([
  "..",
  "a/..",
  "./a",
  "/a",
  "a/",
  "a//b",
  "a\0b",
  "x".repeat(4097),
  `${"a/".repeat(100)}a`,
])("%j is no ref", (ref) => {
  expect(isRef(ref)).toBe(false);
});
