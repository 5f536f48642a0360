import type { Tag } from "./xml-tokens.ts";

/** Names of elements where certain prefixes are bound. */
export interface Scope {
  /** Of an element that begins here and may bind prefixes itself. */
  below(tag: Tag): Scope;
  /** @throws Error for a prefix that nobody has bound. */
  nameOf(written: string): string;
}

const XML = "http://www.w3.org/XML/1998/namespace";
const XMLNS = "http://www.w3.org/2000/xmlns/";

type Bindings = ReadonlyMap<string, string>;
type NameOf = (element: { readonly uri: string; readonly local: string }) => string;

/** Where nothing is bound yet. @see https://www.w3.org/TR/xml-names/ */
export const createScope = (nameOf: NameOf): Scope => toScope(new Map([["xml", XML]]), nameOf);

function toScope(bindings: Bindings, nameOf: NameOf): Scope {
  const names = new Map<string, string>();
  const scopes = new Map<Tag, Scope>();
  const scope: Scope = {
    below(tag) {
      if (tag.attributes.length === 0) return scope;
      // The same tag comes again and again, as one object.
      let inner = scopes.get(tag);
      if (!inner) {
        const bound = bind(bindings, tag);
        requireBound(bound, tag);
        inner = bound === bindings ? scope : toScope(bound, nameOf);
        scopes.set(tag, inner);
      }
      return inner;
    },
    nameOf(written) {
      let name = names.get(written);
      if (name === undefined) {
        const [prefix, local] = split(written);
        name = nameOf({ uri: find(bindings, prefix), local });
        names.set(written, name);
      }
      return name;
    },
  };
  return scope;
}

function bind(bindings: Bindings, { attributes }: Tag): Bindings {
  const added = attributes.filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"));
  if (added.length === 0) return bindings;
  const bound = new Map(bindings);
  for (const [name, written] of added) {
    const uri = written.trim();
    const prefix = name === "xmlns" ? "" : name.slice("xmlns:".length);
    if (!mayBind(prefix, uri)) throw new Error("A prefix can't mean this.");
    bound.set(prefix, uri);
  }
  return bound;
}

/** Two prefixes have their meaning for ever; what has none cannot be bound to nothing either. */
function mayBind(prefix: string, uri: string): boolean {
  if (prefix === "xml" || uri === XML) return prefix === "xml" && uri === XML;
  return prefix !== "xmlns" && uri !== XMLNS && (prefix === "" || uri !== "");
}

/** Attributes count for nothing else, but what has them must be right all the same. */
function requireBound(bindings: Bindings, { attributes }: Tag): void {
  const seen = new Set<string>();
  for (const [written] of attributes) {
    const [prefix, local] = split(written);
    if (prefix === "" || prefix === "xmlns") continue;
    const name = `${find(bindings, prefix)} ${local}`;
    if (seen.has(name)) throw new Error("An attribute is there twice.");
    seen.add(name);
  }
}

function split(written: string): readonly [prefix: string, local: string] {
  const colon = written.indexOf(":");
  return colon === -1 ? ["", written] : [written.slice(0, colon), written.slice(colon + 1)];
}

function find(bindings: Bindings, prefix: string): string {
  const uri = bindings.get(prefix);
  if (uri === undefined && prefix !== "") throw new Error("A prefix is not bound.");
  return uri ?? "";
}
