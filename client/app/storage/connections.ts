import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { queryClient, trpc } from "../api.ts";
import { isBusy } from "./scan.ts";

const LOOK_WHILE_BUSY_MS = 2000;
/** Storages are looked at as often, by default; a line for each that stays open is more than a browser has. */
const LOOK_WHILE_WATCHED_MS = 15_000;
const LOOK_MS = 60_000;

export const connectionsQuery = (bandId: BandId) =>
  queryOptions({
    ...trpc.connections.list.queryOptions({ bandId }),
    // Scans report live; this is for what they do not, and for when the line is down.
    refetchInterval: ({ state }) => pauseOf(state.data ?? []),
  });

function pauseOf(connections: readonly Connection[]): number {
  if (connections.some(isBusy)) return LOOK_WHILE_BUSY_MS;
  return connections.some(({ lookedAt }) => lookedAt !== null) ? LOOK_WHILE_WATCHED_MS : LOOK_MS;
}

export const useConnections = (bandId: BandId) => useQuery(connectionsQuery(bandId));

/** What a change answered is shown at once. */
export function noteConnection(connection: Connection): void {
  dropOlderAnswers(connection.bandId);
  queryClient.setQueryData(connectionsQuery(connection.bandId).queryKey, (before) => {
    if (!before) return before;
    const isKnown = before.some((each) => each.id === connection.id);
    return isKnown
      ? before.map((each) => (each.id === connection.id ? connection : each))
      : [...before, connection];
  });
}

export function noteScan(bandId: BandId, scan: ScanProgress): void {
  dropOlderAnswers(bandId);
  queryClient.setQueryData(connectionsQuery(bandId).queryKey, (before) =>
    before?.map((each) => (each.id === scan.connectionId ? { ...each, scan } : each)),
  );
}

/** A list that was asked for before this news would overwrite it. */
const dropOlderAnswers = (bandId: BandId): void =>
  void queryClient.cancelQueries({ queryKey: connectionsQuery(bandId).queryKey });

export const refreshConnections = (bandId: BandId): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: connectionsQuery(bandId).queryKey });

/** A job begins the scan in a moment, and it may be over in another: look a few times. */
export function expectScan(bandId: BandId): void {
  for (const delayMs of [400, 1200, 3000, 6000]) {
    setTimeout(() => void refreshConnections(bandId), delayMs);
  }
}
