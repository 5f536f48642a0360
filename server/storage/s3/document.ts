import { createXmlReader } from "#server/storage/xml.ts";

export interface Document {
  /** Directly below the root, by name; of several of one name the last. */
  readonly texts: ReadonlyMap<string, string>;
  /** What has elements of its own, in order. */
  readonly items: readonly { readonly name: string; readonly texts: ReadonlyMap<string, string> }[];
}

/**
 * Reads an answer of S3, two levels deep. Only local names count: some servers leave the namespace out.
 *
 * @throws Error for whatever is not this document.
 */
export function parseDocument(xml: string, root: string): Document {
  const texts = new Map<string, string>();
  const items: { name: string; texts: Map<string, string> }[] = [];
  let item = new Map<string, string>();
  const reader = createXmlReader({
    nameOf: ({ local }) => local,
    root,
    enter(path) {
      if (depthOf(path) === 2) item = new Map();
    },
    leave(path, text) {
      const [, name = "", inner] = path.split(">");
      const depth = depthOf(path);
      if (depth === 3 && inner !== undefined) item.set(inner, text);
      else if (depth === 2 && item.size > 0) items.push({ name, texts: item });
      else if (depth === 2) texts.set(name, text);
    },
  });
  reader.write(xml);
  reader.close();
  return { texts, items };
}

const depthOf = (path: string): number => path.split(">").length;
