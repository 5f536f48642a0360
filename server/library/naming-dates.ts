/** A day at a place in a text, and where the text goes on. */
export interface FoundDay {
  /** As in `2024-05-01`. */
  readonly day: string;
  readonly end: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const FIRST_YEAR = 1860;
const LAST_YEAR = 2199;

const YEAR_FIRST = /(\d{4})([-._ ])(\d{1,2})\2(\d{1,2})(?!\d)/y;
const TOGETHER = /(\d{4})(\d{2})(\d{2})(?!\d)/y;
const YEAR_LAST = /(\d{1,2})([-._ ])(\d{1,2})\2(\d{4})(?!\d)/y;
const DAY_AND_NAME = new RegExp(
  `(\\d{1,2})(?:st|nd|rd|th|\\.)?[-._ ]{1,2}${MONTH}\\.?,?[-._ ]{1,2}(\\d{4})(?!\\d)`,
  "iy",
);
const NAME_AND_DAY = new RegExp(
  `${MONTH}\\.?[-._ ]{1,2}(\\d{1,2})(?:st|nd|rd|th)?,?[-._ ]{1,2}(\\d{4})(?!\\d)`,
  "iy",
);

/**
 * A day that is written out at a place: 2024-05-01, 2024_05_01, 20240501, 01.05.2024, 1 May 2024,
 * May 1, 2024. Dots have the day first; 05-01-2024 may be either day, so it is none, while 13-05-2024
 * is one. Two digits are no year.
 */
export function dayAt(text: string, at: number): FoundDay | undefined {
  const before = text[at - 1];
  if (before !== undefined && /[\p{L}\p{N}]/u.test(before)) return undefined;
  return (
    read(YEAR_FIRST, text, at, ([, year, , month, day]) => toDay(year, month, day)) ??
    read(TOGETHER, text, at, ([, year, month, day]) => toDay(year, month, day)) ??
    read(YEAR_LAST, text, at, ([, first, sign, second, year]) =>
      toUnambiguous(sign, year, first, second),
    ) ??
    read(DAY_AND_NAME, text, at, ([, day, month, year]) => toDay(year, monthOf(month), day)) ??
    read(NAME_AND_DAY, text, at, ([, month, day, year]) => toDay(year, monthOf(month), day))
  );
}

/** The first day that a text has in it. */
export function findDay(text: string): string | null {
  for (let at = 0; at < text.length; at += 1) {
    const found = dayAt(text, at);
    if (found) return found.day;
  }
  return null;
}

function read(
  form: RegExp,
  text: string,
  at: number,
  toFound: (match: RegExpExecArray) => string | undefined,
): FoundDay | undefined {
  form.lastIndex = at;
  const match = form.exec(text);
  const day = match && toFound(match);
  return day ? { day, end: at + match[0].length } : undefined;
}

function toUnambiguous(sign = "", year = "", first = "", second = ""): string | undefined {
  if (sign === "." || first.padStart(2, "0") === second.padStart(2, "0")) {
    return toDay(year, second, first);
  }
  const either = [toDay(year, second, first), toDay(year, first, second)].filter(Boolean);
  return either.length === 1 ? either[0] : undefined;
}

const monthOf = (name = ""): string => String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1);

function toDay(year = "", month = "", day = ""): string | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y < FIRST_YEAR || y > LAST_YEAR || m < 1 || m > 12 || d < 1) return undefined;
  const isThere = d <= new Date(Date.UTC(y, m, 0)).getUTCDate();
  return isThere ? `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` : undefined;
}
