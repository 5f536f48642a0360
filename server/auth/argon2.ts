import { availableParallelism } from "node:os";
import { Piscina } from "piscina";

/**
 * So many hashes are made at a time. They never take the last core: with both of two, the first byte of
 * a stream waited three times as long, because whatever wakes up waits until a hash has had its turn of
 * the scheduler, and a stream wakes up ten times; with one of them as many people signed in.
 */
export const HASHING_THREADS = Math.max(1, Math.min(2, availableParallelism() - 1));

/** Whoever signs in an hour later pays for a thread once more; an idle server keeps none. */
const IDLE_MS = 60_000;

/**
 * In threads of their own: libuv's few are those that files are read through, where hashes held the
 * first byte of a stream up for 200 ms. They yield a little to everything else that the machine has to do.
 */
const threads = new Piscina({
  filename: new URL("./argon2-worker.ts", import.meta.url).href,
  minThreads: 0,
  maxThreads: HASHING_THREADS,
  idleTimeout: IDLE_MS,
  niceIncrement: 5,
});

/** @returns a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export const hashPassword = (password: string): Promise<string> =>
  threads.run(password, { name: "hash" });

export const isArgon2id = (passwordHash: string): boolean => passwordHash.startsWith("$argon2id$");

export const verifyArgon2id = (passwordHash: string, password: string): Promise<boolean> =>
  threads.run({ passwordHash, password }, { name: "verify" });
