import { SaxesParser } from "saxes";

export interface XmlLimits {
  readonly maxDepth: number;
  /** Of one text, such as an href. */
  readonly maxTextLength: number;
}

/** What happens in a document. A path is the names of an element and its ancestors, joined by `>`. */
export interface XmlReading {
  /** How elements are called in paths: with their namespace where it counts. */
  nameOf(element: { readonly uri: string; readonly local: string }): string;
  /** The only name that the outermost element may have. */
  readonly root: string;
  enter(path: string): void;
  /** @param text - since the innermost element began or ended. @param above - the parent's path. */
  leave(path: string, text: string, above: string): void;
}

const LIMITS: XmlLimits = { maxDepth: 32, maxTextLength: 32 * 1024 };

/** Times `maxTextLength`: how much may come without the beginning or end of an element. */
const MAX_QUIET_TEXTS = 8;

/**
 * Reads a storage's XML while it arrives. There is no DTD, hence no entity but the five of XML and
 * character references; depth and length of texts are bounded.
 *
 * `write` and `close` throw at whatever is not well-formed, ends too early or is beyond the limits.
 */
export function createXmlReader(
  reading: XmlReading,
  limits: XmlLimits = LIMITS,
): { write(text: string): void; close(): void } {
  const parser = new SaxesParser({ xmlns: true, position: false });
  /** Of the open elements, the innermost last. */
  const paths: string[] = [];
  let text = "";
  /** No element has begun or ended since somebody set this. */
  let isQuiet = true;
  const append = (more: string): void => {
    text += more;
    if (text.length > limits.maxTextLength) throw new Error("A text is too long.");
  };
  parser.on("doctype", () => {
    throw new Error("An answer of a storage has no DTD.");
  });
  parser.on("opentag", (tag) => {
    if (paths.length >= limits.maxDepth) throw new Error("Elements are nested too deeply.");
    const name = reading.nameOf(tag);
    const above = paths.at(-1);
    if (above === undefined && name !== reading.root) throw new Error("This is another document.");
    const path = above === undefined ? name : `${above}>${name}`;
    paths.push(path);
    text = "";
    isQuiet = false;
    reading.enter(path);
  });
  parser.on("closetag", () => {
    const path = paths.pop() ?? "";
    const value = text;
    text = "";
    isQuiet = false;
    reading.leave(path, value, paths.at(-1) ?? "");
  });
  parser.on("text", append);
  parser.on("cdata", append);
  let hasBegun = false;
  let quietLength = 0;
  return {
    write: (more) => {
      // Some PHP servers send an empty line before the declaration, which XML does not allow.
      const piece = hasBegun ? more : more.trimStart();
      hasBegun ||= piece !== "";
      isQuiet = true;
      parser.write(piece);
      // The parser itself collects a text, comment or tag until it is complete, however long.
      quietLength = isQuiet ? quietLength + piece.length : 0;
      if (quietLength > limits.maxTextLength * MAX_QUIET_TEXTS)
        throw new Error("A text, comment or tag is too long.");
    },
    close: () => {
      parser.close();
    },
  };
}
