import { z } from "zod";
import { MOST_SHARED, SharedTrack, ShareKind } from "#contract/shares.ts";
import { connectionTopic } from "#server/connections/renewal.ts";
import type { Deps } from "#server/deps.ts";
import { playlistTopic } from "#server/playlists/service.ts";
import { rehearsalTopic } from "#server/rehearsals/service.ts";
import * as store from "./content-store.ts";
import { type FoundShare, findByToken } from "./guest-store.ts";
import { shareTopic } from "./topics.ts";

type ContentDeps = Pick<Deps, "answers" | "db">;

/** What a link leads to: the same for all its guests. */
export const SharedContent = z.strictObject({
  kind: ShareKind,
  title: z.string(),
  heldOn: z.string().nullable(),
  tracks: z.array(SharedTrack),
  trackCount: z.number().int(),
});
export type SharedContent = z.infer<typeof SharedContent>;

/** @returns the topic of the list that a link leads to; `null` for one recording. */
export function listTopicOf({
  playlistId,
  rehearsalId,
}: Pick<FoundShare, "playlistId" | "rehearsalId">): string | null {
  if (playlistId !== null) return playlistTopic(playlistId);
  return rehearsalId === null ? null : rehearsalTopic(rehearsalId);
}

/** @returns `undefined` when what it leads to is gone. */
export async function findContent(
  { db }: Pick<Deps, "db">,
  share: FoundShare,
): Promise<SharedContent | undefined> {
  const head = await store.findHead(db, share);
  if (!head) return undefined;
  const tracks = await store.listTracks(db, share);
  const { playlistId } = share;
  const isLong = playlistId !== null && tracks.length === MOST_SHARED;
  const trackCount = isLong ? await store.countListed(db, playlistId) : tracks.length;
  return { ...head, tracks, trackCount };
}

/**
 * The same out of the cache, for links that anybody may open.
 *
 * @returns `undefined` for what leads nowhere, and for what takes a password: of that nothing is kept.
 */
export const findOpenContent = (
  deps: ContentDeps,
  tokenHash: string,
): Promise<SharedContent | undefined> => {
  const find = async () => {
    const share = await findByToken(deps.db, tokenHash);
    return share?.passwordHash === null ? share : undefined;
  };
  return deps.answers.read({
    key: `share:${tokenHash}`,
    schema: SharedContent,
    async topics() {
      const share = await find();
      return share && [...(await storageTopics(deps, share)), ...topicsOf(share)];
    },
    async load() {
      // Once more: from now on no change is missed.
      const share = await find();
      const value = share && (await findContent(deps, share));
      return value && { value, msLeft: share.msLeft };
    },
  });
};

function topicsOf(share: FoundShare): string[] {
  const list = listTopicOf(share);
  return [shareTopic(share.id), ...(list === null ? [] : [list])];
}

/** Titles, covers and whether it is there change with scans. */
const storageTopics = async ({ db }: Pick<Deps, "db">, share: FoundShare): Promise<string[]> =>
  (await store.listConnections(db, share)).map(({ id }) => connectionTopic(id));
