import type { Share, ShareTerms } from "#contract/shares.ts";
import type { Wrong } from "../auth/use-fields.ts";
import { shares } from "../words/shares.ts";

const words = shares.terms;

/** `stays`: the end that the link has already. */
export const ENDS = ["never", "day", "week", "month", "date", "stays"] as const;
export type Ends = (typeof ENDS)[number];

/** What is typed and chosen, as texts. */
export type TermsForm = {
  readonly ends: string;
  /** `2026-03-14`, for `date` only. */
  readonly date: string;
  /** Empty: none. */
  readonly limit: string;
  /** Empty: none. */
  readonly password: string;
};

export const noTerms: TermsForm = { ends: "never", date: "", limit: "", password: "" };

export const formOf = ({ terms: { expiresAt, playLimit } }: Share): TermsForm => ({
  ...noTerms,
  ends: expiresAt === null ? "never" : "stays",
  limit: playLimit === null ? "" : String(playLimit),
});

const DAY_MS = 86_400_000;
const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30 };
const MOST = 1_000_000;
const SHORTEST_PASSWORD = 8;

/** What the server would refuse, said beside its field. */
export function findWrongTerms(form: TermsForm, nowMs: number): Wrong<TermsForm> {
  const { password } = form;
  return {
    date: form.ends === "date" ? wrongDate(form.date, nowMs) : undefined,
    limit: toLimit(form.limit) === undefined ? words.limitWrong : undefined,
    password: password && password.length < SHORTEST_PASSWORD ? words.passwordShort : undefined,
  };
}

function wrongDate(date: string, nowMs: number): string | undefined {
  const end = endOf(date);
  if (Number.isNaN(end)) return words.dateMissing;
  return end <= nowMs ? words.datePast : undefined;
}

/** What a link allows beside listening. */
export type Allowed = Pick<ShareTerms, "canDownload" | "canComment">;

interface Chosen extends Allowed {
  /** The end of before. */
  readonly expiresAt?: string | null;
}

/** Of a form with nothing wrong in it. */
export const toTerms = (
  { ends, date, limit }: TermsForm,
  { canDownload, canComment, expiresAt = null }: Chosen,
  nowMs: number,
): ShareTerms => ({
  expiresAt: ends === "stays" ? expiresAt : toEnd(ends, date, nowMs),
  playLimit: toLimit(limit) ?? null,
  canDownload,
  canComment,
});

function toEnd(ends: string, date: string, nowMs: number): string | null {
  if (ends === "date") return new Date(endOf(date)).toISOString();
  const days = DAYS[ends];
  return days === undefined ? null : new Date(nowMs + days * DAY_MS).toISOString();
}

/** The last moment of a day where the browser is; NaN for none. */
const endOf = (date: string): number => new Date(`${date}T23:59:59.999`).getTime();

/** @returns `null` for none, `undefined` for what is no limit. */
function toLimit(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const limit = /^\d+$/.test(typed) ? Number(typed) : 0;
  return limit >= 1 && limit <= MOST ? limit : undefined;
}
