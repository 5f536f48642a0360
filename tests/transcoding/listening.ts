import type { Track } from "#contract/library.ts";
import type { Backline } from "#sdk/index.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";

export const HLS = { HLS_STREAMING: "1" };

/** Anna's server with HLS on, and these files in her storage. */
export const annasHls = (
  files: Readonly<Record<string, Buffer>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<StorageWorld> =>
  annasStorage(
    (cloud) => {
      for (const [path, bytes] of Object.entries(files)) cloud.tree.put(path, bytes);
    },
    { server: { environment: { ...HLS, ...environment } } },
  );

/** A recording in segments, as a player comes by it. */
export interface Opened {
  readonly track: Track;
  /** Of all qualities, with the best first. */
  readonly lists: readonly string[];
  /** The address of a segment of the first one. */
  segment(index: number): string;
  readonly init: string;
  /** As the list says, in seconds. */
  readonly lengths: readonly number[];
}

export async function openHls(
  world: StorageWorld,
  path: string,
  codec: "aac" | "opus" = "aac",
  who: Backline = world.anna,
): Promise<Opened> {
  const track = await trackAt(world, path);
  const index = `${world.server.baseUrl}/hls/${track.id}/index.m3u8?codec=${codec}`;
  const lists = addressesIn(index, await textOf(who, index));
  const [list = ""] = lists;
  const text = await textOf(who, list);
  const segments = addressesIn(list, text);
  const [, map = ""] = /#EXT-X-MAP:URI="([^"]+)"/.exec(text) ?? [];
  return {
    track,
    lists,
    segment: (at) => segments[at] ?? new URL(`${at}.m4s`, list).href,
    init: new URL(map, list).href,
    lengths: [...text.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds)),
  };
}

const addressesIn = (base: string, text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => new URL(line, base).href);

export async function textOf(who: Backline, url: string): Promise<string> {
  const response = await who.fetch(url);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.text();
}

export async function bytesOf(who: Backline, url: string): Promise<Buffer> {
  const response = await who.fetch(url);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

export const statusOf = async (who: Backline, url: string): Promise<number> => {
  const response = await who.fetch(url);
  await response.body?.cancel();
  return response.status;
};
