import { randomBytes } from "node:crypto";
import { link, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import type { Config } from "#server/config.ts";
import { AppError } from "./errors.ts";
import type { KeyRing } from "./vault.ts";

/** What the server's secrets hang on. They share nothing, so losing one ring loses only its half. */
export interface Keys {
  /** Seals credentials at rest. */
  readonly encryption: KeyRing;
  /** Signs what browsers hold. */
  readonly session: KeyRing;
}

const KEY_BYTES = 32;
const OTHERS_MAY_READ = 0o077;

const Key = z
  .strictObject({ kid: z.string().min(1), key: z.base64() })
  .transform(({ kid, key }) => ({ kid, key: Buffer.from(key, "base64") }))
  .refine(({ key }) => key.length === KEY_BYTES);

const KeyFile = z.strictObject({ encryption: z.array(Key).min(1), session: z.array(Key).min(1) });

/**
 * The keys of the environment, and for what it does not give those of `keys.json` in the data
 * folder, which is made at the first start. Whoever has that file and the database can read every
 * stored credential; whoever has the database alone cannot.
 *
 * @throws AppError `precondition_failed` for a file that is there and not usable: a new one would
 *   lock everybody out of what the old one sealed.
 */
export async function openKeys(
  config: Pick<Config, "dataDir" | "keys">,
  log: FastifyBaseLogger,
): Promise<Keys> {
  const { encryption, session } = config.keys;
  if (encryption && session) return { encryption, session };

  const path = join(config.dataDir, "keys.json");
  await makeKeyFile(path);
  const kept = await readKeyFile(path);
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & OTHERS_MAY_READ) !== 0) {
    log.warn({ path }, "other accounts of this machine may read the keys; run chmod 600 on them");
  }
  return { encryption: encryption ?? kept.encryption, session: session ?? kept.session };
}

/** Makes the file whole or not at all; of two servers that do it at the same moment one wins. */
async function makeKeyFile(path: string): Promise<void> {
  if (await exists(path)) return;
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(createKeys(), undefined, 2)}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!(await exists(path))) throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function readKeyFile(path: string): Promise<Keys> {
  try {
    return KeyFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // No cause: a parser's message quotes what it read.
    throw new AppError(
      "precondition_failed",
      `The keys in ${path} can't be read. Nothing was changed. Put the file back from a backup, and let the account that runs Backline own it; without its keys the stored storage credentials stay sealed.`,
    );
  }
}

const createKeys = () => ({ encryption: [createKey()], session: [createKey()] });

const createKey = (): { kid: string; key: string } => ({
  kid: randomBytes(4).toString("hex"),
  key: randomBytes(KEY_BYTES).toString("base64"),
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
