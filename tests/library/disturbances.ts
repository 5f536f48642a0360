import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";

/** Something a scan did that can be its last: asked the storage, or began or ended a transaction. */
export type Step = (name: "list" | "open" | "begin" | "commit") => void | Promise<void>;

/**
 * Deps of a process that may be watched and killed: each step is announced, and once `isDead` says
 * so nothing more reaches the database, as from a process that was killed.
 */
export function watchedDeps<D extends Deps>(deps: D, step: Step, isDead: () => boolean): D {
  const db = new Proxy(deps.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "transaction") return value.bind(target);
      return async (...args: Parameters<Deps["db"]["transaction"]>) => {
        if (isDead()) return nothingEverAgain();
        await step("begin");
        const [work, options] = args;
        const result = await target.transaction(async (tx) => {
          const done = await work(tx);
          if (isDead()) throw new Error("killed before the commit");
          return done;
        }, options);
        await step("commit");
        return isDead() ? nothingEverAgain() : result;
      };
    },
  });
  const watch = (storage: Storage): Storage => ({
    ...storage,
    async list(folder, cursor) {
      await step("list");
      return isDead() ? nothingEverAgain() : storage.list(folder, cursor);
    },
    async openRange(ref, range, signal) {
      await step("open");
      return isDead() ? nothingEverAgain() : storage.openRange(ref, range, signal);
    },
  });
  const webdav = deps.providers.webdav;
  return {
    ...deps,
    db,
    providers: {
      ...deps.providers,
      webdav: { ...webdav, attach: (credential, io) => watch(webdav.attach(credential, io)) },
    },
  };
}

const nothingEverAgain = (): Promise<never> => new Promise(() => {});

/** Numbers from 0 to 1 that are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
