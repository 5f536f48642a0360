import type { BandId } from "#contract/ids.ts";
import { type Matches, MOST_MATCHES, type SearchBand } from "#contract/search.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import { findMatches } from "#server/library/matches.ts";
import { correctSearch } from "#server/library/spelling.ts";
import { findPlaylists } from "#server/playlists/service.ts";
import { findRehearsals } from "#server/rehearsals/service.ts";

type Reading = Pick<Deps, "db">;
type Found = Omit<Matches, "correctedSearch">;

/**
 * What a band has beside recordings that is called as somebody types; where nothing is, what they
 * probably meant.
 *
 * @throws AppError `not_found` for a band that is not the actor's.
 */
export async function searchBand(
  deps: Reading,
  actor: Actor,
  { bandId, search }: SearchBand,
): Promise<Matches> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const found = await findAll(deps, member, search);
  if (!isNothing(found)) return { ...found, correctedSearch: null };
  const correctedSearch = await correctSearch(deps.db, member, search);
  if (correctedSearch === null) return { ...found, correctedSearch };
  const instead = await findAll(deps, member, correctedSearch);
  return { ...instead, correctedSearch: isNothing(instead) ? null : correctedSearch };
}

async function findAll(
  deps: Reading,
  member: { readonly bandId: BandId },
  search: string,
): Promise<Found> {
  const [matches, playlists, rehearsals] = await Promise.all([
    findMatches(deps.db, member, search),
    findPlaylists(deps, member, search, MOST_MATCHES),
    findRehearsals(deps, member, search, MOST_MATCHES),
  ]);
  return { ...matches, playlists, rehearsals };
}

const isNothing = (found: Found): boolean =>
  Object.values(found).every((matches) => matches.length === 0);
