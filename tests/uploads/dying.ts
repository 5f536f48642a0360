import type { Deps } from "#server/deps.ts";
import type { Writing } from "#server/storage/writing.ts";

/** A process that ends at some step: before or after it asks the storage or commits something. */
export interface Dying<D> {
  readonly deps: D;
  /** Settles when it has ended. */
  readonly death: Promise<void>;
  isDead(): boolean;
}

const nothingEverAgain = (): Promise<never> => new Promise(() => {});

/** @param at - the step that it does not get beyond, from 1. */
export function dyingDeps<D extends Deps>(deps: D, at: number): Dying<D> {
  let [steps, isDead] = [0, false];
  let die = (): void => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const step = (): boolean => {
    steps += 1;
    if (steps !== at) return isDead;
    isDead = true;
    die();
    return true;
  };
  /** Dies before, or after it is done and before anybody learns of it. */
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead || step()) return nothingEverAgain();
    const result = await work();
    return step() ? nothingEverAgain() : result;
  };
  const db = new Proxy(deps.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "transaction") return value.bind(target);
      return (...args: Parameters<Deps["db"]["transaction"]>) =>
        around(() => target.transaction(...args));
    },
  });
  const watch = (writing: Writing): Writing => ({
    ...writing,
    begin: (...args) => around(() => writing.begin(...args)),
    writePart: (...args) => around(() => writing.writePart(...args)),
    finish: (...args) => around(() => writing.finish(...args)),
    discard: (...args) => around(() => writing.discard(...args)),
  });
  const providers = Object.fromEntries(
    Object.entries(deps.providers).map(([id, provider]) => [
      id,
      {
        ...provider,
        attach: (...args: Parameters<typeof provider.attach>) => {
          const storage = provider.attach(...args);
          return storage.writing ? { ...storage, writing: watch(storage.writing) } : storage;
        },
      },
    ]),
  ) as unknown as Deps["providers"];
  return { deps: { ...deps, db, providers }, death, isDead: () => isDead };
}
