import { createScope, type Scope } from "./xml-names.ts";
import { createTokenizer } from "./xml-tokens.ts";

export interface XmlLimits {
  readonly maxDepth: number;
  /** Of one text, such as an href. */
  readonly maxTextLength: number;
}

/** What happens in a document. A path is the names of an element and its ancestors, joined by `>`. */
export interface XmlReading {
  /** How elements are called in paths: with their namespace where it counts. Asked once for each. */
  nameOf(element: { readonly uri: string; readonly local: string }): string;
  /** The only name that the outermost element may have. */
  readonly root: string;
  enter(path: string): void;
  /** @param text - since the innermost element began or ended. @param above - the parent's path. */
  leave(path: string, text: string, above: string): void;
}

const LIMITS: XmlLimits = { maxDepth: 32, maxTextLength: 32 * 1024 };

/** Times `maxTextLength`: how long a text, comment or tag may be as it is written. */
const MAX_WRITTEN_TEXTS = 8;

/** A place in the document, made once however often it comes. */
interface Place {
  readonly path: string;
  readonly below: Map<string, Place>;
}

interface Opened {
  readonly written: string;
  readonly place: Place;
  readonly scope: Scope;
}

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
  const outermost = createScope((element) => reading.nameOf(element));
  /** The innermost last. */
  const opened: Opened[] = [];
  let text = "";
  let root: Place | undefined;

  const placeOf = (name: string): Place => {
    const above = opened.at(-1)?.place;
    if (above) return findBelow(above, name);
    if (root || name !== reading.root) throw new Error("This is another document.");
    root = { path: name, below: new Map() };
    return root;
  };
  const leave = (): void => {
    const value = text;
    text = "";
    const place = opened.pop()?.place;
    reading.leave(place?.path ?? "", value, opened.at(-1)?.place.path ?? "");
  };

  const tokenizer = createTokenizer(
    {
      open(tag) {
        if (opened.length >= limits.maxDepth) throw new Error("Elements are nested too deeply.");
        const scope = (opened.at(-1)?.scope ?? outermost).below(tag);
        const place = placeOf(scope.nameOf(tag.name));
        opened.push({ written: tag.name, place, scope });
        text = "";
        reading.enter(place.path);
        if (tag.isEmpty) leave();
      },
      close(name) {
        if (opened.at(-1)?.written !== name) throw new Error("Elements end in the wrong order.");
        leave();
      },
      text(more, isCdata) {
        if (opened.length > 0) text += more;
        else if (isCdata || /[^ \t\r\n]/.test(more)) throw new Error("A text is in no element.");
        if (text.length > limits.maxTextLength) throw new Error("A text is too long.");
      },
    },
    limits.maxTextLength * MAX_WRITTEN_TEXTS,
  );
  let hasBegun = false;
  return {
    write: (more) => {
      // Some PHP servers send an empty line before the declaration, which XML does not allow.
      const piece = hasBegun ? more : more.trimStart();
      hasBegun ||= piece !== "";
      tokenizer.write(piece);
    },
    close: () => {
      tokenizer.close();
      if (!root || opened.length > 0) throw new Error("It ends too early.");
    },
  };
}

/** Not more of them are kept than documents have that mean anything. */
const MOST_PLACES_KEPT = 256;

function findBelow({ path, below }: Place, name: string): Place {
  let place = below.get(name);
  if (!place) {
    place = { path: `${path}>${name}`, below: new Map() };
    if (below.size < MOST_PLACES_KEPT) below.set(name, place);
  }
  return place;
}
