import { decodeText, requireCharacters } from "./xml-text.ts";

/** The beginning of an element, as it is written. */
export interface Tag {
  readonly name: string;
  /** By their names, in their order. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly isEmpty: boolean;
}

/** What a document consists of, in its order. */
export interface XmlTokens {
  open(tag: Tag): void;
  close(name: string): void;
  text(text: string, isCdata: boolean): void;
}

const NAME = String.raw`[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*`;
const QNAME = new RegExp(`^${NAME}(?::${NAME})?$`);
const TAG_WITH_QUOTES = /<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>/y;
const ATTRIBUTE = /[ \t\r\n]+([^ \t\r\n=<>"']+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const SPACE = /[ \t\r\n]/;
const TRAILING_SPACE = /[ \t\r\n]+$/;
const LINE_SPACE = /\r\n|[\t\r\n]/g;
const INSTRUCTION = new RegExp(`^(${NAME})(?:[ \\t\\r\\n]|$)`);
const VALUE = (inside: string): string =>
  String.raw`[ \t\r\n]*=[ \t\r\n]*(?:"${inside}"|'${inside}')`;
const XML_DECLARATION = new RegExp(
  String.raw`^xml[ \t\r\n]+version${VALUE(String.raw`1\.\d`)}` +
    String.raw`(?:[ \t\r\n]+encoding${VALUE(String.raw`[A-Za-z][\w.\-]*`)})?` +
    String.raw`(?:[ \t\r\n]+standalone${VALUE("(?:yes|no)")})?[ \t\r\n]*$`,
);

/** A listing has a handful of tags, a thousand times each. */
const MOST_TAGS_KEPT = 256;

const INCOMPLETE = -1;

/**
 * Cuts a document into its tokens while it arrives. No DTD, so no entity but the five of XML and character
 * references; comments and instructions count for nothing. Names beyond ASCII are taken as they are.
 *
 * Everything that is not well-formed throws.
 *
 * @param maxLength - of a token, as it is written.
 */
export function createTokenizer(
  tokens: XmlTokens,
  maxLength: number,
): { write(xml: string): void; close(): void } {
  const kept = new Map<string, Tag>();
  /** The beginning of a token whose end has not come. */
  let held = "";
  /** Looking for its end again is only worth while when a good deal more has come. */
  let wakeLength = 0;
  let hasBegun = false;

  const readTag = (written: string): void => {
    let tag = kept.get(written);
    if (!tag) {
      tag = parseTag(written);
      if (kept.size >= MOST_TAGS_KEPT) kept.clear();
      kept.set(written, tag);
    }
    tokens.open(tag);
  };

  /** @returns where it ends, or `INCOMPLETE`. */
  const readMarkup = (xml: string, at: number): number => {
    switch (xml.charAt(at + 1)) {
      case "":
        return INCOMPLETE;
      case "/":
        return upTo(xml, ">", at + 2, (inside) => tokens.close(inside.replace(TRAILING_SPACE, "")));
      case "!":
        return readDeclaration(xml, at, tokens);
      case "?":
        return upTo(xml, "?>", at + 2, (inside) => requireInstruction(inside, hasBegun));
      default: {
        const end = endOfTag(xml, at);
        if (end !== INCOMPLETE) readTag(xml.slice(at + 1, end - 1));
        return end;
      }
    }
  };

  /** @returns where what is no whole token begins. */
  const readAll = (xml: string): number => {
    let at = 0;
    for (;;) {
      const next = xml.indexOf("<", at);
      if (next === -1) return at;
      if (next > at) {
        readText(xml.slice(at, next), tokens);
        hasBegun = true;
      }
      const end = readMarkup(xml, next);
      if (end === INCOMPLETE) return next;
      hasBegun = true;
      at = end;
    }
  };

  return {
    write(piece) {
      requireCharacters(piece);
      held += piece;
      if (held.length < wakeLength) return;
      held = held.slice(readAll(held));
      if (held.length > maxLength) throw new Error("A text, comment or tag is too long.");
      wakeLength = held.length + Math.floor(held.length / 2);
    },
    close() {
      held = held.slice(readAll(held));
      if (held !== "") readText(held, tokens);
    },
  };
}

function readText(raw: string, tokens: XmlTokens): void {
  if (raw.includes("]]>")) throw new Error("A text has the end of another section.");
  tokens.text(decodeText(raw), false);
}

/** The declaration is only one at the very beginning, and nothing else is called like it. */
function requireInstruction(inside: string, hasBegun: boolean): void {
  const [, target] = INSTRUCTION.exec(inside) ?? [];
  const isDeclaration = target?.toLowerCase() === "xml";
  const isRight = isDeclaration ? !hasBegun && XML_DECLARATION.test(inside) : target !== undefined;
  if (!isRight) throw new Error("An instruction is not well-formed.");
}

const COMMENT = "<!--";
const CDATA = "<![CDATA[";

function readDeclaration(xml: string, at: number, tokens: XmlTokens): number {
  if (xml.startsWith(COMMENT, at)) {
    const end = upTo(xml, "--", at + COMMENT.length, () => {});
    if (end === INCOMPLETE || end === xml.length) return INCOMPLETE;
    if (xml.charAt(end) !== ">") throw new Error("A comment has two hyphens.");
    return end + 1;
  }
  if (xml.startsWith(CDATA, at)) {
    return upTo(xml, "]]>", at + CDATA.length, (inside) =>
      tokens.text(inside.replaceAll(/\r\n?/g, "\n"), true),
    );
  }
  const begun = xml.slice(at);
  if (COMMENT.startsWith(begun) || CDATA.startsWith(begun)) return INCOMPLETE;
  throw new Error("An answer of a storage has no DTD.");
}

/** @returns where the end ends, or `INCOMPLETE`. */
function upTo(xml: string, end: string, from: number, read: (inside: string) => void): number {
  const at = xml.indexOf(end, from);
  if (at === -1) return INCOMPLETE;
  read(xml.slice(from, at));
  return at + end.length;
}

/** A `>` in the value of an attribute ends no tag. */
function endOfTag(xml: string, at: number): number {
  const end = xml.indexOf(">", at);
  if (end === -1) return INCOMPLETE;
  const inside = xml.slice(at, end);
  if (!inside.includes('"') && !inside.includes("'")) return end + 1;
  TAG_WITH_QUOTES.lastIndex = at;
  return TAG_WITH_QUOTES.test(xml) ? TAG_WITH_QUOTES.lastIndex : INCOMPLETE;
}

/** @param written - without its brackets. */
function parseTag(written: string): Tag {
  const isEmpty = written.endsWith("/");
  const inside = isEmpty ? written.slice(0, -1) : written;
  const space = inside.search(SPACE);
  const name = space === -1 ? inside : inside.slice(0, space);
  requireName(name);
  return { name, isEmpty, attributes: space === -1 ? [] : parseAttributes(inside.slice(space)) };
}

function parseAttributes(written: string): Tag["attributes"] {
  const attributes = new Map<string, string>();
  const rest = written.replace(TRAILING_SPACE, "");
  ATTRIBUTE.lastIndex = 0;
  for (let at = 0; at < rest.length; at = ATTRIBUTE.lastIndex) {
    const [, name, double, single] = ATTRIBUTE.exec(rest) ?? [];
    if (name === undefined) throw new Error("An attribute is not well-formed.");
    requireName(name);
    if (attributes.has(name)) throw new Error("An attribute is there twice.");
    attributes.set(name, decodeText((double ?? single ?? "").replaceAll(LINE_SPACE, " ")));
  }
  return [...attributes];
}

function requireName(name: string): void {
  if (!QNAME.test(name)) throw new Error("A name is not well-formed.");
}
