import { pino } from "pino";
import { loggerOptions } from "#server/base/log.ts";

/** A logger that writes nothing. */
export const silentLog = pino({ level: "silent" });

/** A logger whose lines can be looked at: what the server would have written. */
export function recordLog(): { log: typeof silentLog; lines: string[] } {
  const lines: string[] = [];
  const log = pino(
    { ...(loggerOptions("debug") as object) },
    { write: (line: string) => void lines.push(line) },
  );
  return { log, lines };
}
