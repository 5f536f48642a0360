import type { BandId, TrackId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import { holdRule } from "./naming-store.ts";
import { tagsOf, toShownRow } from "./shown.ts";
import { lockTracks, saveShown } from "./shown-store.ts";

/** Shows tracks by what their files, their names and people say of them now. */
export async function showAnew(
  tx: Tx,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<void> {
  if (ids.length === 0) return;
  const rule = await holdRule(tx, member);
  const rows = await lockTracks(tx, member, ids);
  await saveShown(
    tx,
    rows.map((row) => {
      const tags = tagsOf(row, row);
      return {
        id: row.id,
        ...toShownRow({ ...row, tags }, { rule, rootPath: row.rootPath }),
        tags,
      };
    }),
  );
}
