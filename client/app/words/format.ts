/** `null`: as the browser says. */
export interface DateStyle {
  /** BCP 47. */
  readonly locale: string | null;
  /** IANA. */
  readonly timeZone: string | null;
}

const BROWSERS: DateStyle = { locale: null, timeZone: null };

/** What is asked for of each in English, in whatever order a region has for it. */
const SHAPES = {
  day: { day: "numeric", month: "long", year: "numeric" },
  shortDay: { day: "numeric", month: "short", year: "numeric" },
  moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  sample: { dateStyle: "long", timeStyle: "short" },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

type Shape = keyof typeof SHAPES;

const FIGURES = { day: "2-digit", month: "2-digit", year: "numeric" } as const;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

type Format = (moment: Date) => string;

const counts = new Intl.NumberFormat("en");
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

let style = BROWSERS;
const dates = new Map<Shape, Format>();

/** How every date is written from now on. What is on the screen already has to be drawn anew. */
export function setDateStyle(next: DateStyle | null): void {
  style = next ?? BROWSERS;
  dates.clear();
}

function formatDate(shape: Shape, moment: string | number): string {
  const format = dates.get(shape) ?? createFormat(shape, style);
  dates.set(shape, format);
  return format(new Date(moment));
}

/**
 * The screens speak English, so that months have names only where a region's dates are English, too.
 * Elsewhere dates are figures, with the region's order and signs, and the clock goes to 24: what comes
 * before or after noon has names as well.
 */
function createFormat(shape: Shape, { locale, timeZone }: DateStyle): Format {
  const region = new Intl.Locale(locale ?? usualLocale(), { numberingSystem: "latn" });
  if (region.language === "en") {
    const inWords = createIntl(region, SHAPES[shape], timeZone);
    return (moment) => inWords.format(moment);
  }
  const figures = createIntl(region, FIGURES, timeZone);
  const day: Format = (moment) => withoutWords(figures.format(moment));
  if (shape === "day" || shape === "shortDay") return day;
  const clock = createIntl("en-GB", CLOCK, timeZone);
  return (moment) => `${day(moment)}, ${clock.format(moment)}`;
}

/** What the browser says. */
const usualLocale = (): string => new Intl.DateTimeFormat().resolvedOptions().locale;

function createIntl(
  locale: Intl.Locale | string,
  options: Intl.DateTimeFormatOptions,
  timeZone: string | null,
): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, timeZone === null ? options : { ...options, timeZone });
  } catch {
    // A browser may be older than the name of a place.
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** Some languages say 'year' after it, name an era, or turn the direction of reading. */
const withoutWords = (figures: string): string =>
  figures.replaceAll(/[\p{L}\p{Cf}]/gu, "").replaceAll(/^\P{N}+|\P{N}+$/gu, "");

/** '14 March 2026 at 19:30', to see what a choice is like. */
export const formatSample = (moment: number): string => formatDate("sample", moment);

/** The same for the end of something, where year and hour count. */
export const formatExact = (moment: string): string => formatDate("sample", moment);

export const formatCount = (value: number): string => counts.format(value);

/** '1 track', '2,400 tracks'. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`;

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Decimal units, three digits: '950 B', '1.24 GB'. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** '3:05', '1:02:03'. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [hours, minutes, rest] = split(seconds);
  const tail = `${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** '3 takes · 12:30'; the count alone while no length is known. */
export const countAndLength = (count: number, one: string, durationMs: number): string =>
  [plural(count, one), ...(durationMs > 0 ? [formatDuration(durationMs)] : [])].join(" · ");

/** For screen readers: '3 minutes 5 seconds'. */
export function speakDuration(durationMs: number): string {
  const [hours, minutes, seconds] = split(Math.max(0, Math.floor(durationMs / 1000)));
  const parts = [
    hours > 0 ? plural(hours, "hour") : "",
    minutes > 0 ? plural(minutes, "minute") : "",
    seconds > 0 || hours + minutes === 0 ? plural(seconds, "second") : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

const split = (seconds: number): [number, number, number] => [
  Math.floor(seconds / 3600),
  Math.floor((seconds % 3600) / 60),
  seconds % 60,
];

/** '14 March 2026'. */
export const formatDay = (moment: string): string => formatDate("day", moment);

/** The same of a day by the calendar, `2026-03-14`, wherever somebody is. */
export const formatCalendarDay = (day: string): string =>
  createFormat("day", { ...style, timeZone: "UTC" })(new Date(`${day}T00:00:00Z`));

/** '14 Mar 2026', for columns. */
export const formatShortDay = (moment: string): string => formatDate("shortDay", moment);

/** '14 Mar, 19:30'. */
export const formatMoment = (moment: string): string => formatDate("moment", moment);

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** '5 minutes ago', 'yesterday'. */
export function formatAgo(moment: string, now: number = Date.now()): string {
  const seconds = Math.round((Date.parse(moment) - now) / 1000);
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? ago.format(Math.round(seconds / step[1]), step[0]) : "just now";
}

/** With its sign, whose minus is one. */
export const formatDecibels = (decibels: number): string => {
  const text = Math.abs(decibels).toLocaleString("en", { maximumFractionDigits: 1 });
  return `${decibels < 0 ? "−" : "+"}${text} dB`;
};
