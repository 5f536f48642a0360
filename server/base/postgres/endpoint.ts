import { createHash, randomBytes } from "node:crypto";
import {
  access,
  chmod,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Home } from "./cluster.ts";

/** `sun_path` less its final zero: 108 on Linux, 104 on macOS. A longer path is fatal. */
const SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;
const SOCKET_PORT = 5432;

/** Short on every Unix; the system's own choice (`TMPDIR`) need not be. */
const SHORT_FOLDER = "/tmp";

/** Where clients find PostgreSQL, in the words of postgres.js. */
export interface Endpoint {
  /** The folder of the socket, or `127.0.0.1` on Windows. */
  readonly host: string;
  readonly port: number;
  /** Only on Windows, where any program of the machine can connect. */
  readonly password?: string;
}

/**
 * Chooses where PostgreSQL listens: a socket in a folder of mode 0700. Nothing listens on a port.
 *
 * Windows has no such sockets in PostgreSQL's npm build; there it is a free port on 127.0.0.1 and
 * the password that the cluster was made with. That branch was written from the documentation and
 * never run.
 */
export async function openEndpoint(home: Home, account: Account): Promise<Endpoint> {
  if (process.platform === "win32") {
    return {
      host: "127.0.0.1",
      port: await findFreePort(),
      password: await readFile(secretFileOf(home), "utf8"),
    };
  }
  return { host: await openSocketFolder(home, account), port: SOCKET_PORT };
}

/** The file with the password for TCP, made when it is not there; `null` where none is needed. */
export async function prepareSecret(home: Home): Promise<string | null> {
  if (process.platform !== "win32") return null;
  const file = secretFileOf(home);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) await writeFile(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  return file;
}

export const socketOf = (folder: string, port = SOCKET_PORT): string =>
  join(folder, `.s.PGSQL.${port}`);

/**
 * A socket folder beside the data, or a short one in `/tmp` when that path is too long, or has a
 * character that postgres.js reads as a list of hosts. The short one is found again by the next
 * start, which leaves it there.
 */
async function openSocketFolder(home: Home, account: Account): Promise<string> {
  const folder = join(home.path, "run");
  const isUsable =
    Buffer.byteLength(socketOf(folder)) <= SOCKET_PATH_BYTES - ".lock".length &&
    !/[,:"]/.test(folder);
  return isUsable ? openPrivateFolder(folder, account) : openShortFolder(home, account);
}

async function openShortFolder(home: Home, account: Account): Promise<string> {
  const name = createHash("sha256").update(home.path).digest("hex").slice(0, 16);
  const folder = join(SHORT_FOLDER, `backline-${account.ownerUid}-${name}`);
  try {
    return await openPrivateFolder(folder, account);
  } catch {
    // Somebody else made a file or folder of this name, for whatever purpose: take a new one.
    return openPrivateFolder(await mkdtemp(join(SHORT_FOLDER, "backline-")), account);
  }
}

async function openPrivateFolder(folder: string, account: Account): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const isOurs = found.uid === account.ownerUid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !isOurs) throw new Error(`${folder} belongs to another account`);
  if (found.uid !== account.ownerUid) await lchown(folder, account.ownerUid, account.ownerGid);
  await chmod(folder, 0o700);
  return folder;
}

const secretFileOf = (home: Home): string => join(home.path, "password");

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : SOCKET_PORT;
}
