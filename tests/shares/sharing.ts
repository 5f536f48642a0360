import { randomBytes } from "node:crypto";
import type { Track } from "#contract/library.ts";
import { streamPath } from "#contract/playback.ts";
import type { OpenedShare, SharedLink, ShareTerms } from "#contract/shares.ts";
import type { Backline } from "#sdk/index.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";

/** Bytes that are no audio: what streams does not have to be. */
export const take = randomBytes(300_000);

/** Anna's band with a recording that she may share, and another that she does not. */
export interface SharingWorld extends StorageWorld {
  readonly track: Track;
  readonly other: Track;
}

export async function annasTakes(server: TestServerOptions = {}): Promise<SharingWorld> {
  const world = await annasStorage(
    (cloud) => {
      cloud.tree.put("Live/take 1.mp3", take);
      cloud.tree.put("Live/take 2.mp3", take);
    },
    { server },
  );
  return {
    ...world,
    track: await trackAt(world, "Live/take 1.mp3"),
    other: await trackAt(world, "Live/take 2.mp3"),
  };
}

export const TERMS: ShareTerms = {
  expiresAt: null,
  playLimit: null,
  canDownload: false,
  canComment: false,
};

export const share = (
  { anna, track }: SharingWorld,
  terms: Partial<ShareTerms> = {},
  password: string | null = null,
): Promise<SharedLink> =>
  anna.api.playback.shares.create.mutate({
    trackId: track.id,
    terms: { ...TERMS, ...terms },
    password,
  });

export const tokenOf = ({ path }: Pick<SharedLink, "path">): string => path.slice("/s/".length);

export const open = (
  guest: Backline,
  link: Pick<SharedLink, "path">,
  password: string | null = null,
): Promise<OpenedShare> =>
  guest.api.playback.shares.open.mutate({ token: tokenOf(link), password });

/** Somebody who has opened the link, and pressed play. */
export async function listener(
  { server, track }: SharingWorld,
  link: SharedLink,
  password: string | null = null,
): Promise<Backline> {
  const guest = server.guest();
  await open(guest, link, password);
  await begin(guest, link, track);
  return guest;
}

export const begin = (guest: Backline, link: SharedLink, track: Track): Promise<void> =>
  guest.api.playback.shares.beginListen.mutate({ shareId: link.share.id, trackId: track.id });

/** What a guest gets of the recording, or of another one. */
export const listen = (
  { server, track }: SharingWorld,
  guest: Backline,
  link: SharedLink,
  init: RequestInit & { readonly trackId?: Track["id"] } = {},
): Promise<Response> =>
  guest.fetch(server.baseUrl + streamPath(init.trackId ?? track.id, link.share.id), init);
