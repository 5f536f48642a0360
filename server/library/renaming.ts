import { z } from "zod";
import { BandId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { defineJob } from "#server/base/jobs.ts";
import { connectionTopic } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { editsTopic } from "./edit-news.ts";
import { readSavedRule } from "./naming-rule.ts";
import * as store from "./naming-store.ts";
import { tagsOf, toShownRow } from "./shown.ts";
import { lockUntitled, type NamedRow, type ShowRow, saveShown } from "./shown-store.ts";

/** A band has another naming rule: what has no tags is called by it. */
export const namingSaved = defineJob("library.naming_saved", z.object({ bandId: BandId }));

const BATCH = 500;
/** How often it is looked whether the maintenance is over. */
const AFTER_MAINTENANCE_SECONDS = 10;

/**
 * Names all of a band that has no tags by its rule, some in each transaction; whoever takes it up again
 * goes on from there, also after maintenance. Nothing is read from the storage.
 */
export async function renameBand(
  deps: Pick<Deps, "db" | "events" | "jobs" | "maintenance">,
  band: { readonly bandId: BandId },
  signal: AbortSignal,
): Promise<void> {
  for (let isMore = true; isMore; ) {
    signal.throwIfAborted();
    if (await deps.maintenance.find()) return goOnLater(deps, band);
    isMore = await renameSome(deps, band);
  }
}

const goOnLater = (
  deps: Pick<Deps, "db" | "jobs">,
  { bandId }: { readonly bandId: BandId },
): Promise<void> =>
  write(deps, (tx) =>
    namingSaved.enqueue(deps, tx, { bandId }, { delaySeconds: AFTER_MAINTENANCE_SECONDS }),
  );

/** @returns whether there may be more. */
export const renameSome = (
  deps: Pick<Deps, "db" | "events">,
  band: { readonly bandId: BandId },
  limit = BATCH,
): Promise<boolean> =>
  write(deps, async (tx) => {
    const { rule, version, appliedVersion, appliedUntil } = await store.lockNaming(tx, band);
    if (appliedVersion === version) return false;
    const read = readSavedRule(rule);
    const rows = await lockUntitled(tx, band, appliedUntil, limit);
    await saveShown(
      tx,
      rows.map((row) => rename(row, { rule: read, rootPath: row.rootPath })),
    );
    const until = rows.length === limit ? (rows.at(-1)?.id ?? null) : null;
    await store.saveApplied(tx, band, { version, until });
    await deps.events.publish(tx, editsTopic(band.bandId));
    for (const id of new Set(rows.map((row) => row.connectionId))) {
      await deps.events.publish(tx, connectionTopic(id));
    }
    return until !== null;
  });

function rename(row: NamedRow, naming: Parameters<typeof toShownRow>[1]): ShowRow {
  const tags = tagsOf(row, row);
  return { id: row.id, ...toShownRow({ ...row, tags }, naming), tags };
}
