import { upload } from "../words/upload.ts";
import { dayOf } from "./day.ts";

const words = upload.where.wrong;

const LONGEST = 500;
const FILL_INS = /\{(?:year|month|day|band|uploader)\}/g;

/** As the server judges it. @returns a sentence, or `undefined` when it is fine. */
export function wrongPattern(given: string): string | undefined {
  const pattern = given.trim();
  const parts = pattern.split("/").map((part) => part.trim());
  if (pattern.length > LONGEST) return words.long;
  if (/[\p{Cc}\\]/u.test(pattern)) return words.characters;
  if (pattern !== "" && parts.some((part) => part === "" || /^\.+$/.test(part)))
    return words.slashes;
  return /[{}]/.test(pattern.replaceAll(FILL_INS, "")) ? words.braces : undefined;
}

export interface Filling {
  readonly day: Date;
  readonly band: string;
  readonly uploader: string;
}

/** What the server makes of a pattern for a recording of that day. */
export function fillIn(pattern: string, { day, band, uploader }: Filling): string {
  const [year = "", month = "", date = ""] = dayOf(day).split("-");
  const values: Readonly<Record<string, string>> = {
    ...{ "{year}": year, "{month}": month, "{day}": date },
    ...{ "{band}": toFolder(band), "{uploader}": toFolder(uploader) },
  };
  return pattern
    .split("/")
    .map((part) => part.replaceAll(FILL_INS, (found) => values[found] ?? found))
    .map((part) => part.replace(/^[.\s]+|[.\s]+$/g, ""))
    .join("/");
}

const toFolder = (name: string): string => name.replaceAll(/[/\\]/g, "-");
