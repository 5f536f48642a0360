const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** What may stand in no document; of surrogates a decoder has seen to it that they come in pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

const REFERENCE = /&(?:#x([\da-fA-F]{1,8})|#(\d{1,8})|([a-z]{2,4}))?(;?)/g;

export function requireCharacters(xml: string): void {
  if (FORBIDDEN.test(xml)) throw new Error("It has characters that no XML has.");
}

/** A text or the value of an attribute as it is meant. */
export function decodeText(raw: string): string {
  const text = raw.includes("\r") ? raw.replaceAll(/\r\n?/g, "\n") : raw;
  return text.includes("&") ? text.replaceAll(REFERENCE, decodeReference) : text;
}

function decodeReference(
  _all: string,
  hex: string | undefined,
  decimal: string | undefined,
  name: string | undefined,
  end: string,
): string {
  const character =
    name === undefined
      ? toCharacter(Number.parseInt(hex ?? decimal ?? "", hex === undefined ? 10 : 16))
      : entities.get(name);
  if (character === undefined || end === "") throw new Error("It has an unknown entity.");
  return character;
}

function toCharacter(code: number): string | undefined {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (!(code > 0 && code <= 0x10ffff) || isSurrogate) return undefined;
  const character = String.fromCodePoint(code);
  return FORBIDDEN.test(character) ? undefined : character;
}
