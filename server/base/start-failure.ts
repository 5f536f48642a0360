import { AppError } from "./errors.ts";
import { nameFailure } from "./failures.ts";
import { describeError } from "./log.ts";

interface Listening {
  readonly host: string;
  readonly port: number;
}

/** Why the server does not start, in a sentence for whoever started it. No URL, no secret. */
export function explainStartFailure(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const code = codeOf(error);
  return (
    explainDatabase(error, code) ??
    `Backline could not start: ${describeError(error).message} (${code ?? "no code"}). Start it with LOG_LEVEL=debug to see more.`
  );
}

export const toDataDirFailure = (dataDir: string, cause: unknown): AppError =>
  new AppError(
    "precondition_failed",
    `Backline can't make its data folder, ${dataDir} (${codeOf(cause) ?? "no code"}). Let the account that runs it own the folder above, or set DATA_DIR to another one.`,
    { cause },
  );

/** @param prefix - of the names of its variables. */
export function toListenFailure({ host, port }: Listening, cause: unknown, prefix = ""): AppError {
  const sentence = explainListening(codeOf(cause), host, port).replaceAll(
    /\b(?:PORT|HOST)\b/g,
    (name) => prefix + name,
  );
  return new AppError("precondition_failed", sentence, { cause });
}

function explainListening(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is taken by another program, perhaps another Backline. Stop that one, or set PORT to another number.`;
    case "EACCES":
      return `This account may not listen on port ${port}. Set PORT to 1024 or more, and let a proxy take the lower one.`;
    case "EADDRNOTAVAIL":
    case "EAI_AGAIN":
    case "ENOTFOUND":
      return `This machine has no address called ${host}. Set HOST to one of its own: 127.0.0.1 for itself alone, 0.0.0.0 for all.`;
    default:
      return `Backline can't listen on ${host}, port ${port} (${code ?? "no code"}). Set HOST and PORT to what this machine allows.`;
  }
}

function explainDatabase(error: unknown, code: string | undefined): string | undefined {
  if (code === "42501") {
    return "The account of DATABASE_URL may not make Backline's tables (42501). Let it own the database, or grant it CREATE on the database and its schema.";
  }
  if (nameFailure(error).code !== "busy") return undefined;
  return `Backline can't reach its database (${code ?? "no answer"}). Check that Postgres runs there, that DATABASE_URL names it rightly, and that it lets this account in. Nothing was changed.`;
}

function codeOf(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; depth += 1) {
    if ("code" in each && typeof each.code === "string") return each.code;
    each = each.cause;
  }
  return undefined;
}
