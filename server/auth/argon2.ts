import { Piscina } from "piscina";

/** So many hashes are made at a time. */
export const HASHING_THREADS = 2;

/** Whoever signs in an hour later pays for a thread once more; an idle server keeps none. */
const IDLE_MS = 60_000;

/**
 * In threads of their own: libuv's few are those that files are read through, where hashes held the
 * first byte of a stream up for 200 ms. They yield to everything else that the machine has to do, as far
 * as the system knows how: with half of it the first byte still waited twice as long, and no more people
 * signed in.
 */
const threads = new Piscina({
  filename: new URL("./argon2-worker.ts", import.meta.url).href,
  minThreads: 0,
  maxThreads: HASHING_THREADS,
  idleTimeout: IDLE_MS,
  niceIncrement: 19,
});

/** @returns a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export const hashPassword = (password: string): Promise<string> =>
  threads.run(password, { name: "hash" });

export const isArgon2id = (passwordHash: string): boolean => passwordHash.startsWith("$argon2id$");

export const verifyArgon2id = (passwordHash: string, password: string): Promise<boolean> =>
  threads.run({ passwordHash, password }, { name: "verify" });
