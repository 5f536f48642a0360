import { type FileHandle, open, rename, stat } from "node:fs/promises";
import type { Account } from "./account.ts";

/** Two such files at most. */
const LARGE_BYTES = 5 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

export interface LogFile {
  readonly handle: FileHandle;
  /** What was written since it was opened, at most the last 16 KiB. */
  readTail(): Promise<string>;
}

/** Opens the log for appending. A large one steps aside first, as `….1`, in place of the last. */
export async function openLogFile(path: string, account: Account): Promise<LogFile> {
  const sizeBytes = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (sizeBytes > LARGE_BYTES) await rename(path, `${path}.1`);
  const handle = await open(path, "a+", 0o600);
  if (process.getuid?.() === 0) await handle.chown(account.ownerUid, account.ownerGid);
  const { size: startBytes } = await handle.stat();

  return {
    handle,
    async readTail() {
      const { size: endBytes } = await handle.stat();
      const fromByte = Math.max(startBytes, endBytes - TAIL_BYTES);
      const buffer = Buffer.alloc(Math.max(0, endBytes - fromByte));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, fromByte);
      return buffer.toString("utf8", 0, bytesRead);
    },
  };
}
