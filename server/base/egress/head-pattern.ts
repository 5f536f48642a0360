import { HEAD_END } from "./answer-head.ts";

/** First and last byte, both inclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Knows heads that say what another one said, but for the part that was asked for and the time. */
export interface HeadPattern {
  /** Characters that such a head has at most. */
  readonly longest: number;
  /**
   * @param text - what has come, one character a byte.
   * @returns where the bytes of the answer begin; -1 when there is anything else in the head.
   */
  endIn(text: string, range: Range): number;
}

/** What stands before the next of what may differ. */
interface Part {
  readonly before: string;
  readonly name: string;
}

const DIFFERENT = /(?<=\r\n(content-range|content-length|date): )[^\r\n]*/gi;
const DATE = /[\w ,:]{29}/y;
/** By so much all numbers of a head together may be longer than those of another. */
const LONGER = 64;

/**
 * @param head - has been read and found good; without the empty line at its end.
 * @param sizeBytes - of the whole file.
 */
export function createHeadPattern(head: string, sizeBytes: string): HeadPattern {
  const parts: Part[] = [];
  let from = 0;
  for (const { index, 0: value, 1: name = "" } of head.matchAll(DIFFERENT)) {
    parts.push({ before: head.slice(from, index), name: name.toLowerCase() });
    from = index + value.length;
  }
  const last = `${head.slice(from)}${HEAD_END}`;

  const toValue = (name: string, { start, end }: Range): string =>
    name === "content-length" ? `${end - start + 1}` : `bytes ${start}-${end}/${sizeBytes}`;
  /** @returns where the date ends. */
  const endOfDate = (text: string, at: number): number => {
    DATE.lastIndex = at;
    return DATE.test(text) ? DATE.lastIndex : -1;
  };
  const endOfPart = (text: string, at: number, { before, name }: Part, range: Range): number => {
    if (!text.startsWith(before, at)) return -1;
    const begin = at + before.length;
    if (name === "date") return endOfDate(text, begin);
    const value = toValue(name, range);
    return text.startsWith(value, begin) ? begin + value.length : -1;
  };

  return {
    longest: head.length + HEAD_END.length + LONGER,
    endIn(text, range) {
      let at = 0;
      for (const part of parts) {
        at = endOfPart(text, at, part, range);
        if (at < 0) return -1;
      }
      return text.startsWith(last, at) ? at + last.length : -1;
    },
  };
}
