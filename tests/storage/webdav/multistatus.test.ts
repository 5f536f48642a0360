import { describe, expect, test } from "vitest";
import { parseEtag } from "#server/storage/etag.ts";
import { createMultistatusReader, type Response } from "#server/storage/webdav/multistatus.ts";

function read(xml: string, pieceLength = xml.length): Response[] {
  const responses: Response[] = [];
  const reader = createMultistatusReader((response) => responses.push(response));
  for (let at = 0; at < xml.length; at += pieceLength) {
    reader.write(xml.slice(at, at + pieceLength));
  }
  reader.close();
  return responses;
}

const wrap = (inside: string): string =>
  `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${inside}</d:multistatus>`;

const file = (props: string, status = "HTTP/1.1 200 OK"): string =>
  `<d:response><d:href>/a</d:href><d:propstat><d:prop>${props}</d:prop><d:status>${status}</d:status></d:propstat></d:response>`;

describe("a multistatus", () => {
  test("counts namespaces and not prefixes", () => {
    const xml = `<multistatus xmlns="DAV:"><response><href>/a</href><x:propstat xmlns:x="DAV:"><x:prop xmlns:y="http://owncloud.org/ns"><x:getetag>"1"</x:getetag><y:fileid>7</y:fileid><getetag xmlns="urn:other">"2"</getetag></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat></response></multistatus>`;
    const [response] = read(xml);
    expect(Object.fromEntries(response?.props ?? [])).toEqual({
      "DAV: getetag": '"1"',
      "http://owncloud.org/ns fileid": "7",
      "urn:other getetag": '"2"',
    });
  });

  test("takes a property only from where the status says it is there", () => {
    const xml = wrap(
      `<d:response><d:href>/a/</d:href>
        <d:propstat><d:prop><d:getcontentlength>9</d:getcontentlength><oc:fileid/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
        <d:propstat><d:status>HTTP/2 200 OK</d:status><d:prop><d:resourcetype><d:collection/></d:resourcetype><d:getetag>"1"</d:getetag></d:prop></d:propstat>
        <d:propstat><d:prop><oc:size>-3</oc:size></d:prop></d:propstat>
      </d:response>`,
    );
    const [response] = read(xml);
    expect(response?.isCollection).toBe(true);
    expect([...(response?.props.keys() ?? [])]).toEqual(["DAV: getetag"]);
  });

  test("a collection whose type could not be told is none", () => {
    const type = "<d:resourcetype><d:collection/></d:resourcetype>";
    expect(read(wrap(file(type)))[0]?.isCollection).toBe(true);
    expect(read(wrap(file(type, "HTTP/1.1 403 Forbidden")))[0]?.isCollection).toBe(false);
  });

  test("leaves out what has no address or is not there itself", () => {
    const gone =
      "<d:response><d:href>/x</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>";
    expect(read(wrap(`${gone}<d:response/>${file("<d:getetag>1</d:getetag>")}`))).toHaveLength(1);
  });

  test("is the same in whatever pieces it arrives", () => {
    const xml = wrap(file("<d:getetag>&quot;ö &#x1F3B8; &amp;&quot;</d:getetag>").repeat(3));
    const whole = read(xml);
    expect(whole[0]?.props.get("DAV: getetag")).toBe('"ö 🎸 &"');
    for (const length of [1, 2, 7, 64]) expect(read(xml, length)).toEqual(whole);
  });

  test("may begin with the empty lines of a careless PHP file", () => {
    expect(read(`\n\n${wrap(file(""))}`, 1)).toHaveLength(1);
  });

  test.each<[string, string]>([
    ["is cut off", wrap(file("")).slice(0, -5)],
    ["is cut off before its first response", '<d:multistatus xmlns:d="DAV:">'],
    ["is empty", ""],
    ["is a page", "<!DOCTYPE html><html><body></body></html>"],
    ["is another document", '<d:error xmlns:d="DAV:"/>'],
    ["is of another namespace", "<multistatus/>"],
    ["has a DTD", `<!DOCTYPE d [<!ENTITY a "b">]>${wrap("").slice(21)}`],
    ["has an unknown entity", wrap(file("<d:getetag>&nbsp;</d:getetag>"))],
    ["has a character that does not exist", wrap(file("<d:getetag>&#9999999;</d:getetag>"))],
    ["has NUL", wrap(file("<d:getetag>&#0;</d:getetag>"))],
    ["has elements in the wrong order", wrap("<d:response><d:href></d:response></d:href>")],
    ["has a prefix that nobody bound", wrap("<x:response/>")],
    ["is nested too deeply", wrap(`${"<d:x>".repeat(40)}${"</d:x>".repeat(40)}`)],
    ["has a text that is too long", wrap(file(`<d:getetag>${"x".repeat(40_000)}</d:getetag>`))],
    ["goes on after its end", `${wrap("")}<d:more/>`],
  ])("that %s is refused", (_, xml) => {
    expect(() => read(xml)).toThrow();
    expect(() => read(xml, 10)).toThrow();
  });

  test("names of properties are only names", () => {
    const [response] = read(
      wrap(file("<d:__proto__>x</d:__proto__><d:constructor>y</d:constructor>")),
    );
    expect(response?.props.get("DAV: __proto__")).toBe("x");
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("an etag", () => {
  test.each<[string | undefined, string | null]>([
    ['"abc"', '"abc"'],
    ['W/"abc"', 'W/"abc"'],
    [' "abc" ', '"abc"'],
    ["abc", '"abc"'],
    ["W/abc", 'W/"abc"'],
    ['"a-b:c/d+e"', '"a-b:c/d+e"'],
    ['""', null],
    ["", null],
    [undefined, null],
    ['"a"b"', null],
    ['"a b"', null],
    ['"a\nb"', null],
    ['"日本"', null],
    ['"abc', null],
    [`"${"x".repeat(257)}"`, null],
  ])("%j is %j", (value, etag) => {
    expect(parseEtag(value)).toBe(etag);
  });
});
