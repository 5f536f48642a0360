import fc from "fast-check";
import { SaxesParser } from "saxes";
import { expect, test } from "vitest";
import { createXmlReader, type XmlLimits } from "#server/storage/xml.ts";

/** What a reader tells of a document, in its order; `null` for one that it refuses. */
type Told = readonly string[] | null;

function read(xml: string, pieces: readonly string[] = [xml], limits?: XmlLimits): Told {
  const told: string[] = [];
  const reader = createXmlReader(
    {
      nameOf: ({ uri, local }) => `{${uri}}${local}`,
      root: "{urn:a}r",
      enter: (path) => told.push(`+${path}`),
      leave: (path, text) => told.push(`-${path} ${JSON.stringify(text)}`),
    },
    limits,
  );
  try {
    for (const piece of pieces) reader.write(piece);
    reader.close();
    return told;
  } catch {
    return null;
  }
}

/** The same by a parser that many use, and that is slower. */
function readWithSaxes(xml: string): Told {
  const told: string[] = [];
  const paths: string[] = [];
  let text = "";
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on("doctype", () => {
    throw new Error("A DTD.");
  });
  parser.on("opentag", ({ uri, local }) => {
    const name = `{${uri}}${local}`;
    if (paths.length === 0 && name !== "{urn:a}r") throw new Error("Another document.");
    const above = paths.at(-1);
    paths.push(above === undefined ? name : `${above}>${name}`);
    text = "";
    told.push(`+${paths.at(-1)}`);
  });
  parser.on("closetag", () => {
    told.push(`-${paths.pop()} ${JSON.stringify(text)}`);
    text = "";
  });
  const append = (more: string): void => {
    text += more;
  };
  parser.on("text", (more) => {
    if (paths.length > 0) append(more);
  });
  parser.on("cdata", append);
  try {
    parser.write(xml.trimStart()).close();
    return told;
  } catch {
    return null;
  }
}

const { element } = fc.letrec<{ element: string; inside: string }>((tie) => ({
  inside: fc
    .array(
      fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          ..."abc ö 🎸 \n \r\n \r > ' \" &amp; &lt;&gt; &#65; &#x1F3B8; &apos;&quot; ]]".split(" "),
        ),
        fc.constantFrom(
          "<!-- a < & b -->",
          "<!---->",
          "<![CDATA[<a>&amp;]]>",
          "<![CDATA[]]>",
          "<?p i > ?>",
        ),
        tie("element"),
      ),
      { maxLength: 5 },
    )
    .map((parts) => parts.join("")),
  element: fc
    .record({
      name: fc.constantFrom("a", "d:b", "x:c", "long-name.1", "é"),
      attributes: fc.subarray(
        [
          ' xmlns:d="urn:d"',
          " xmlns='urn:a'",
          ' xmlns:x = "urn:d"',
          ' k="1 > 0 &amp; \'"',
          "\n d:k=''",
          ' xmlns=""',
          ' x:k="/"',
        ],
        { maxLength: 3 },
      ),
      space: fc.constantFrom("", " ", "\n"),
      isEmpty: fc.boolean(),
      inside: tie("inside"),
    })
    .map(({ name, attributes, space, isEmpty, inside }) =>
      isEmpty
        ? `<${name}${attributes.join("")}${space}/>`
        : `<${name}${attributes.join("")}${space}>${inside}</${name}${space}>`,
    ),
}));

const document = fc
  .tuple(
    fc.constantFrom(
      "",
      '<?xml version="1.0" encoding="utf-8"?>',
      "<?xml version='1.0'?>\n",
      "<!-- c -->",
    ),
    fc.array(element, { maxLength: 4 }),
    fc.constantFrom("", "\n", " <!-- end -->", "<?p?>"),
  )
  .map(
    ([begin, elements, end]) =>
      `${begin}<r xmlns="urn:a" xmlns:d="urn:d" xmlns:x="urn:x">${elements.join("\n")}</r>${end}`,
  );

/** Where it is cut while it arrives. */
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

function cut(xml: string, at: readonly number[]): string[] {
  const places = [...new Set([0, ...at.filter((place) => place < xml.length)])].toSorted(
    (one, other) => one - other,
  );
  return places.map((place, index) => xml.slice(place, places[index + 1]));
}

test("documents say the same as another parser reads in them, in whatever pieces they arrive", () => {
  let accepted = 0;
  const isSame = (xml: string, at: readonly number[]): void => {
    const told = readWithSaxes(xml);
    if (told) accepted += 1;
    expect(read(xml)).toEqual(told);
    expect(read(xml, cut(xml, at))).toEqual(told);
    expect(read(xml, [...xml])).toEqual(told);
  };
  fc.assert(fc.property(document, cuts, isSame), { numRuns: 3000 });
  expect(accepted).toBeGreaterThan(1000);
  console.log(`${accepted} of 3000 documents are well-formed`);
});

/** A little of it is taken away, or something is put in its place. */
const mutations = fc.array(
  fc.record({
    at: fc.nat(300),
    drop: fc.nat(3),
    put: fc.oneof(
      fc.constant(""),
      fc.constantFrom(..."<>&;'\"/!-[]?=:#x \n\0\u0001".split("")),
      fc.constantFrom(
        "--",
        "]]>",
        "<!",
        "<![CDATA[",
        "<!--",
        "<?xml ?>",
        "</",
        "/>",
        "xmlns:",
        "&#0;",
        "&#xD800;",
        "<!DOCTYPE r>",
        "xml:",
        "xmlns:xml=''",
        ' xmlns:q=""',
        "</r>",
      ),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

/** By characters: no decoder leaves half of one. */
const mutate = (
  xml: string,
  changes: readonly { at: number; drop: number; put: string }[],
): string =>
  changes
    .reduce((text, { at, drop, put }) => text.toSpliced(at % text.length, drop, put), [...xml])
    .join("");

test("what the other parser refuses is refused, and nothing is read in another way", () => {
  let refused = 0;
  let stricter = 0;
  const isSafe = (xml: string, at: readonly number[]): void => {
    const told = readWithSaxes(xml);
    const ours = read(xml);
    expect(read(xml, cut(xml, at))).toEqual(ours);
    if (told === null) refused += 1;
    if (told !== null && ours === null) stricter += 1;
    else expect(ours).toEqual(told);
  };
  const mutated = fc.tuple(document, mutations).map(([xml, changes]) => mutate(xml, changes));
  fc.assert(fc.property(mutated, cuts, isSafe), { numRuns: 6000 });
  console.log(`${refused} of 6000 are refused by both, ${stricter} by ours alone`);
  expect(stricter).toBeLessThan(60);
});

test("a token that does not end is given up, however small the pieces are", () => {
  const limits = { maxDepth: 8, maxTextLength: 1000 };
  for (const begin of [
    "<r xmlns='urn:a' k='",
    "<r xmlns='urn:a'><!-- ",
    "<r xmlns='urn:a'><![CDATA[",
    "<?p ",
  ]) {
    const reader = createXmlReader(
      { nameOf: ({ local }) => local, root: "r", enter() {}, leave() {} },
      limits,
    );
    reader.write(begin);
    const feed = (): void => {
      for (let length = 0; length < 20_000; length += 1) reader.write("x");
    };
    expect(feed, begin).toThrow("too long");
  }
});

test.each([
  "<r xmlns='urn:a'/><r xmlns='urn:a'/>",
  "<r xmlns='urn:a'>&#1;</r>",
  "<r xmlns='urn:a'>&#xFFFE;</r>",
  "<r xmlns='urn:a' xmlns:q=''/>",
  "<r xmlns='urn:a' xmlns:xml='urn:b'/>",
  "<r xmlns='urn:a' xmlns:xmlns='urn:b'/>",
  "<r xmlns='urn:a' xmlns:q='http://www.w3.org/XML/1998/namespace'/>",
  "<r xmlns='urn:a'><a xmlns='http://www.w3.org/2000/xmlns/'/></r>",
  "<r xmlns='urn:a'/><",
  "<r xmlns='urn:a'/><!-- ",
  "<r xmlns='urn:a'/>\ufffe",
])("%j is refused, as the other parser does", (xml) => {
  expect([read(xml), read(xml, [...xml]), readWithSaxes(xml)]).toEqual([null, null, null]);
});

test("what xml: means needs no saying, and may be said", () => {
  const xml =
    "<r xmlns='urn:a' xml:lang='en' xmlns:xml='http://www.w3.org/XML/1998/namespace'><xml:a/></r>";
  expect(read(xml)).toEqual(readWithSaxes(xml));
  expect(read(xml)).toContain("+{urn:a}r>{http://www.w3.org/XML/1998/namespace}a");
});
