import { z } from "zod";
import type { Maintenance as Ongoing } from "#contract/system.ts";
import type { Deps } from "#server/deps.ts";
import type { Db, Tx } from "./db.ts";
import { AppError } from "./errors.ts";
import { defineSetting } from "./settings.ts";

const Chosen = z.object({
  isOn: z.boolean(),
  message: z.string().nullable(),
  until: z.string().nullable(),
});
export type Chosen = z.infer<typeof Chosen>;

/** What administrators have chosen; it outlives every restart. */
const setting = defineSetting("maintenance", Chosen, { isOn: false, message: null, until: null });

/**
 * While it is on nobody but administrators signs in or changes anything. Reading and listening go on,
 * and whoever is signed in stays so.
 */
export interface Maintenance {
  /**
   * At most ten seconds old, and mostly as new as the last change.
   *
   * @param db - within a transaction: that one, so that no second connection is waited for.
   * @returns `null` while it is off.
   */
  find(db?: Db | Tx): Promise<Ongoing | null>;
}

/** So long a replica may go on by what it knows, should the event of a change not reach it. */
const FRESH_MS = 10_000;
const TOPIC = "maintenance";

/** Told to programs when nobody has said until when. */
const RETRY_SECONDS = 60;
const MAX_RETRY_SECONDS = 3_600;

interface Known {
  readonly state: Ongoing | null;
  readonly readAtMs: number;
  /** How many changes had been heard of when it was read. */
  readonly changes: number;
}

/** Listens until the events end. */
export function startMaintenance(
  deps: Pick<Deps, "config" | "db" | "events" | "now">,
): Maintenance {
  let known: Known | undefined;
  let changes = 0;
  const listen = async (): Promise<void> => {
    const forEver = new AbortController().signal;
    for await (const _ of deps.events.subscribe(TOPIC, forEver)) changes += 1;
  };
  void listen();

  const isFresh = (each: Known): boolean => {
    const ageMs = deps.now().getTime() - each.readAtMs;
    return each.changes === changes && ageMs >= 0 && ageMs < FRESH_MS;
  };
  const read = async (db: Db | Tx): Promise<Known> => {
    const before = { readAtMs: deps.now().getTime(), changes };
    const { isOn, message, until } = await setting.read(db);
    if (isOn) return { ...before, state: { message, until } };
    const state = deps.config.isInMaintenance ? { message: null, until: null } : null;
    return { ...before, state };
  };

  return {
    async find(db = deps.db) {
      if (known && isFresh(known)) return known.state;
      try {
        known = await read(db);
      } catch (error) {
        // Without a database nothing is changed anyway; what was known is the best guess.
        if (!known) throw error;
      }
      return known.state;
    },
  };
}

export const readChosen = (deps: Pick<Deps, "db">): Promise<Chosen> => setting.read(deps.db);

/** Every replica hears of it when the transaction commits. */
export async function saveChosen(
  deps: Pick<Deps, "events">,
  tx: Tx,
  chosen: Chosen,
): Promise<void> {
  await setting.save(tx, chosen);
  await deps.events.publish(tx, TOPIC);
}

/** @throws AppError `maintenance` while it is on. */
export async function requireNoMaintenance(
  deps: Pick<Deps, "maintenance" | "now">,
  db?: Db | Tx,
): Promise<void> {
  const ongoing = await deps.maintenance.find(db);
  if (ongoing) throw underMaintenance(ongoing, deps.now());
}

function underMaintenance({ message, until }: Ongoing, now: Date): AppError {
  const sentence =
    "Backline is under maintenance, so nobody can sign in or change anything at the moment. Nothing was changed, and what is playing plays on; try again later.";
  const secondsLeft = until === null ? 0 : Math.ceil((Date.parse(until) - now.getTime()) / 1000);
  return new AppError("maintenance", message === null ? sentence : `${sentence} ${message}`, {
    retryAfterSeconds: secondsLeft > 0 ? Math.min(secondsLeft, MAX_RETRY_SECONDS) : RETRY_SECONDS,
  });
}
