import { execFile } from "node:child_process";
import { chmod, readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { AppError } from "#server/base/errors.ts";
import type { Binaries } from "./binaries.ts";

const run = promisify(execFile);

const ROOT_UID = 0;
const OVERFLOW_UID = 65534;

/** Who PostgreSQL runs as. It refuses root, and `initdb` refuses a uid that has no name. */
export interface Account {
  /** Put in front of a program and its arguments. */
  readonly prefix: readonly string[];
  /** Given to `spawn`; absent when PostgreSQL runs as the account that we are. */
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
  /** Who owns the files, seen from here. */
  readonly ownerUid: number;
  readonly ownerGid: number;
}

interface NamedAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Finds an account that can really run PostgreSQL on this folder, by trying each. For root:
 *
 * 1. the account that the data already belongs to,
 * 2. root itself, under another number in a user namespace: files stay root's, and folders that
 *    only root may enter work,
 * 3. `postgres`, `nobody`, or the owner of the installed files.
 *
 * @param home the folder that PostgreSQL will own. It exists.
 * @throws AppError `precondition_failed` when none can.
 */
export async function findAccount(binaries: Binaries, home: string): Promise<Account> {
  const dieWithUs = await findDeathSignal();
  const isRoot = process.getuid?.() === ROOT_UID;
  const candidates = isRoot ? await listForRoot(binaries, home) : await listForOthers();
  // An ordinary account with a name has no alternative that a trial could choose.
  const [only, second] = candidates;
  if (!isRoot && only && !second) return { ...only, prefix: [...only.prefix, ...dieWithUs] };

  const causes: unknown[] = [];
  for (const candidate of candidates) {
    const account = { ...candidate, prefix: [...candidate.prefix, ...dieWithUs] };
    const failure = await tryAccount(account, binaries, home);
    if (failure === undefined) return account;
    causes.push(failure);
  }
  throw new AppError(
    "precondition_failed",
    `PostgreSQL does not run as root, and no other account of this machine can use both ${dirname(home)} and ${dirname(binaries.postgres)}. Start Backline as an ordinary user who owns them, or set DATABASE_URL to a PostgreSQL of your own.`,
    { cause: new AggregateError(causes) },
  );
}

/**
 * With util-linux, the kernel stops PostgreSQL when the *thread* that started it ends, however it
 * ends. It must be the innermost prefix: a change of credentials forgets it. Elsewhere (macOS)
 * the next start stops what was left over.
 */
async function findDeathSignal(): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  const prefix = ["setpriv", "--pdeathsig", "INT", "--"];
  return run("setpriv", [...prefix.slice(1), "true"]).then(
    () => prefix,
    () => [],
  );
}

async function listForRoot(binaries: Binaries, home: string): Promise<Account[]> {
  const named = await listNamedAccounts();
  const byUid = (uid: number): Account => {
    const gid = named.find((account) => account.uid === uid)?.gid ?? uid;
    return { prefix: [], identity: { uid, gid }, ownerUid: uid, ownerGid: gid };
  };
  const dataOwner = (await stat(home)).uid;
  const installer = (await stat(binaries.postgres)).uid;
  const services = ["postgres", "nobody"].flatMap((name) =>
    named.filter((account) => account.name === name).map((account) => account.uid),
  );
  const others = new Set([...services, installer]);
  const isForeign = dataOwner !== ROOT_UID;
  return [
    ...(isForeign ? [byUid(dataOwner)] : []),
    inNamespace(named),
    ...[...others].filter((uid) => uid !== ROOT_UID && uid !== dataOwner).map(byUid),
  ];
}

async function listForOthers(): Promise<Account[]> {
  const self: Account = { prefix: [], identity: undefined, ownerUid: ownUid(), ownerGid: ownGid() };
  try {
    userInfo();
    return [self];
  } catch {
    // A container may run under a number without a name, which initdb refuses.
    return [inNamespace(await listNamedAccounts()), self];
  }
}

/** The account that we are, known under another, named number to what runs inside. */
function inNamespace(named: readonly NamedAccount[]): Account {
  const alias = named.find((account) => account.name === "nobody") ??
    named.find((account) => account.uid !== ROOT_UID) ?? { uid: OVERFLOW_UID, gid: OVERFLOW_UID };
  const numbers = [`--map-user=${alias.uid}`, `--map-group=${alias.gid}`];
  return {
    prefix: ["unshare", "--user", ...numbers, "--"],
    identity: undefined,
    ownerUid: ownUid(),
    ownerGid: ownGid(),
  };
}

/** @returns why the account will not do, or `undefined` when it will. */
async function tryAccount(account: Account, binaries: Binaries, home: string): Promise<unknown> {
  if (account.identity) await letPass(dirname(home));
  const script = 'test -x "$1" && exec "$2" --version';
  const trial = ["/bin/sh", "-c", script, "sh", dirname(home), binaries.postgres];
  const [program = "", ...args] = [...account.prefix, ...trial];
  return run(program, args, { ...account.identity }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/**
 * Lets other accounts go through root's data folder to the database in it. They cannot list it, and
 * every file in it has rights of its own.
 */
async function letPass(dataDir: string): Promise<void> {
  const { mode, uid } = await stat(dataDir);
  if (uid === ROOT_UID && (mode & 0o001) === 0) await chmod(dataDir, (mode & 0o777) | 0o001);
}

async function listNamedAccounts(): Promise<NamedAccount[]> {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "");
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid, gid }) => name !== "" && Number.isInteger(uid) && Number.isInteger(gid));
}

const ownUid = (): number => process.getuid?.() ?? ROOT_UID;
const ownGid = (): number => process.getgid?.() ?? ROOT_UID;
