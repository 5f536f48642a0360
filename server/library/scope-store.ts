import { type SQL, sql } from "drizzle-orm";
import type { ConnectionId, ScanId } from "#contract/ids.ts";

/** Whose tracks (`t` in the conditions below) are compared with what which scan has listed. */
export interface Scope {
  readonly id: ScanId;
  readonly connectionId: ConnectionId;
}

export const isListed = ({ id }: Scope): SQL => sql`exists (
  select from scan_entries as e where e.scan_id = ${id} and e.ref = t.ref
)`;

/** Listed, or in a folder that is as it was when it was listed last. */
export const isThere = (scope: Scope): SQL =>
  sql`(${isListed(scope)} or ${isBelow(scope, sql`('unchanged')`)})`;

/** Not there, in a folder of which that is known: below one that could not be listed it is not. */
export const isGone = (scope: Scope): SQL =>
  sql`(not ${isListed(scope)} and not ${isBelow(scope, sql`('unchanged', 'failed')`)})`;

/** The same, for a look at all tracks: it begins with the folders, which are fewer. */
export const isAmongGone = (scope: Scope): SQL =>
  sql`(${isLookedInto(scope)} and not ${isListed(scope)})`;

/** In a folder of which it is known what lies in it now: all of it is listed. */
export const isLookedInto = (scope: Scope): SQL => sql`t.folder in (
  select home.folder
  from (select distinct folder from tracks where connection_id = ${scope.connectionId}) as home
  where not ${covers(scope, sql`('unchanged', 'failed')`)}
)`;

/** Decided once for each folder that has tracks, not for each track; at once when there is none. */
export const isBelow = ({ id, connectionId }: Scope, states: SQL): SQL => sql`t.folder in (
  select home.folder
  from (
    select distinct folder from tracks
    where connection_id = ${connectionId}
      and exists (select from scan_folders where scan_id = ${id} and state in ${states})
  ) as home
  where ${covers({ id, connectionId }, states)}
)`;

const covers = ({ id }: Scope, states: SQL): SQL => sql`exists (
  select from scan_folders as f
  where f.scan_id = ${id} and f.state in ${states}
    and (f.path in ('', home.folder) or starts_with(home.folder, f.path || '/'))
)`;
