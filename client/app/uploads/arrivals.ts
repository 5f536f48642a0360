import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { BandId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Upload } from "#contract/uploads.ts";
import { trpc } from "../api.ts";
import { noteLibraryChanged } from "../library/changes.ts";

const LOOK_EVERY_MS = 2000;

/** After so many it is left to the next scan. */
const LOOKS = 90;

/** As many as anyone uploads in one go; the newest come first. */
const NEWEST = 100;

/** The tracks that uploads have become, by the upload's id. */
export type Arrivals = ReadonlyMap<string, Track>;

/** Looks for the tracks of uploads that are done until they are all in the library. */
export function useArrivals(bandId: BandId, done: readonly Upload[]): Arrivals {
  const { data } = useQuery(
    trpc.library.tracks.list.queryOptions(
      { bandId, search: "", sort: "added", direction: "descending", limit: NEWEST },
      {
        enabled: done.length > 0,
        refetchInterval: ({ state }) => {
          const isAll = toArrivals(done, state.data?.tracks ?? []).size === done.length;
          return isAll || state.dataUpdateCount > LOOKS ? false : LOOK_EVERY_MS;
        },
      },
    ),
  );
  const arrivals = toArrivals(done, data?.tracks ?? []);
  const { size } = arrivals;
  const before = useRef(0);
  useEffect(() => {
    if (size > before.current) noteLibraryChanged(bandId, "over");
    before.current = size;
  }, [bandId, size]);
  return arrivals;
}

const toArrivals = (done: readonly Upload[], tracks: readonly Track[]): Arrivals =>
  new Map(
    done.flatMap(({ id, connectionId, path }) => {
      const track = tracks.find((each) => each.connectionId === connectionId && each.path === path);
      return track ? [[id, track] as const] : [];
    }),
  );
