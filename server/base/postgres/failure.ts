import { AppError } from "#server/base/errors.ts";

const TAIL_LINES = 8;

/** What was being done to which folder, when something of the machine was in the way. */
export function toFolderFailure(folder: string, error: unknown): AppError {
  const said = error instanceof Error ? error.message : String(error);
  return new AppError("precondition_failed", explainFolder(folder, said), { cause: error });
}

/**
 * Why PostgreSQL did not start, in the words of the person who can mend it where we know them, and
 * else in PostgreSQL's own last lines.
 *
 * @param said what PostgreSQL wrote while it tried.
 */
export function toStartFailure(folder: string, said: string): AppError {
  if (/No space left on device|Permission denied|Read-only file system|quota/i.test(said)) {
    return new AppError("precondition_failed", explainFolder(folder, said), { cause: said });
  }
  const lines = said.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return new AppError(
    "internal",
    `Backline's PostgreSQL in ${folder} did not start; your data was not touched. Its last words:\n${lines || "(none)"}`,
    { cause: said },
  );
}

export function toAlreadyRunning(dataDir: string, pid: number | undefined): AppError {
  const who = pid === undefined ? "" : ` (PostgreSQL is process ${pid})`;
  return new AppError(
    "conflict",
    `Another Backline is running on this data folder, ${dataDir}${who}. Nothing was changed. Stop it first, or give this one a DATA_DIR of its own; several servers on one database need DATABASE_URL.`,
  );
}

export function toStillStopping(dataDir: string, pid: number): AppError {
  return new AppError(
    "conflict",
    `The PostgreSQL of an earlier Backline (process ${pid}) still holds ${dataDir} and has not stopped yet. Nothing was changed. Wait a minute and start again; if it is still there then, end that process.`,
  );
}

function explainFolder(folder: string, said: string): string {
  if (/ENOSPC|EDQUOT|No space left on device|quota/i.test(said)) {
    return `The disk of Backline's data folder, ${folder}, is full. What is stored there is kept. Make room and start again.`;
  }
  return `Backline cannot write to its data folder, ${folder}: ${firstLine(said)}. Nothing was changed. Let the account that runs Backline own that folder, or set DATA_DIR to another one.`;
}

/** The line that names the obstacle, or the first. */
function firstLine(said: string): string {
  const lines = said.trim().split("\n");
  const telling = lines.find((line) => /denied|Read-only|E[A-Z]{3,}/.test(line)) ?? lines[0] ?? "";
  return telling.trim().replace(/\.$/, "");
}
