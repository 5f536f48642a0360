/** What a spreadsheet may take for a formula, in any width (OWASP, CSV Injection). */
const FORMULA = /^[\t\r\n=+\-@＝＋－＠]/;

type Cell = string | number | boolean | null;

/** So that spreadsheets know that it is UTF-8. */
export const CSV_HEAD = "\uFEFF";

/** One line as RFC 4180 has it. What people or files wrote is never a formula. */
export const toCsvLine = (cells: readonly Cell[]): string => `${cells.map(toCell).join(",")}\r\n`;

function toCell(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
