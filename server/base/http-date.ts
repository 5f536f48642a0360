const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const CLOCK = "(\\d\\d):(\\d\\d):(\\d\\d)";

interface Form {
  readonly pattern: RegExp;
  /** Which parts of the pattern are what. */
  readonly parts: Readonly<Record<"day" | "month" | "year" | "clock", number>>;
}

/** As everybody has to send it, and the two older ones that everybody has to understand. */
const FORMS: readonly Form[] = [
  {
    pattern: new RegExp(`^[A-Z][a-z]{2}, (\\d\\d) ([A-Z][a-z]{2}) (\\d{4}) ${CLOCK} GMT$`),
    parts: { day: 1, month: 2, year: 3, clock: 4 },
  },
  {
    pattern: new RegExp(`^[A-Z][a-z]{5,8}, (\\d\\d)-([A-Z][a-z]{2})-(\\d\\d) ${CLOCK} GMT$`),
    parts: { day: 1, month: 2, year: 3, clock: 4 },
  },
  {
    pattern: new RegExp(`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) ${CLOCK} (\\d{4})$`),
    parts: { day: 2, month: 1, year: 6, clock: 3 },
  },
];

/**
 * Reads a date in a header. `Date.parse` makes a date of almost any text with a number in it.
 *
 * @param now - a year of two digits is the one that is at most fifty years ahead of it.
 * @returns `null` for what is none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function parseHttpDate(text: string | undefined, now?: Date): Date | null {
  if (text === undefined) return null;
  if (now) return readDate(text.trim(), now);
  if (read?.text !== text) read = { text, date: readDate(text.trim(), now) };
  return read.date;
}

/** The last one: while somebody seeks in a file, the same comes again and again. */
let read: { readonly text: string; readonly date: Date | null } | undefined;

function readDate(text: string, now: Date | undefined): Date | null {
  for (const { pattern, parts } of FORMS) {
    const found = pattern.exec(text);
    if (found) return toDate(found, parts, now);
  }
  return null;
}

function toDate(found: RegExpExecArray, parts: Form["parts"], now?: Date): Date | null {
  const [day, year] = [Number(found[parts.day]), found[parts.year] ?? ""];
  const month = MONTHS.indexOf(found[parts.month] ?? "");
  const [hours, minutes, seconds] = [0, 1, 2].map((at) => Number(found[parts.clock + at]));
  const date = new Date(0);
  date.setUTCFullYear(year.length === 4 ? Number(year) : wholeYear(Number(year), now), month, day);
  date.setUTCHours(hours ?? 0, minutes, seconds);
  // The 31st of February would be a day in March, and 25 o'clock one of the next day.
  const isSo =
    month >= 0 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hours &&
    date.getUTCMinutes() === minutes;
  return isSo ? date : null;
}

function wholeYear(year: number, now = new Date()): number {
  const thisYear = now.getUTCFullYear();
  const inThisCentury = thisYear - (thisYear % 100) + year;
  return inThisCentury > thisYear + 50 ? inThisCentury - 100 : inThisCentury;
}

/** While somebody seeks in a file, the same date is written again and again. */
const written = new WeakMap<Date, string>();

/** @param date - is not changed any more. */
export function toHttpDate(date: Date): string {
  const known = written.get(date);
  if (known !== undefined) return known;
  const text = date.toUTCString();
  written.set(date, text);
  return text;
}
