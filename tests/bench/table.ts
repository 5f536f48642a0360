/** A line of the table that `npm run bench` prints. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What it should be, where there is a target. */
  readonly target?: string;
  readonly isMet?: boolean;
}

export function printTable(title: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const middle = Math.max(...figures.map(({ measured }) => measured.length));
  console.log(`\n${title}`);
  for (const { what, measured, target, isMet } of figures) {
    const verdict = isMet === undefined ? "" : isMet ? "  met" : "  MISSED";
    const aim = target === undefined ? "" : `  target ${target}${verdict}`;
    console.log(`  ${what.padEnd(width)}  ${measured.padStart(middle)}${aim}`);
  }
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const ratio = (value: number): string => `${value.toFixed(2)} ×`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
