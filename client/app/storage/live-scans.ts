import { notifications } from "@mantine/notifications";
import { useEffect, useRef } from "react";
import type { Connection } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { noteLibraryChanged } from "../library/changes.ts";
import { storage } from "../words/storage.ts";
import { noteScan, refreshConnections, useConnections } from "./connections.ts";
import { hasChanged, isRunning } from "./scan.ts";

/** Each holds a connection to the server open, and a browser has six of them. */
const MOST_LINES = 2;

/** Follows the scans that run, wherever in the app the person is, and says when they are done. */
export function useLiveScans(): void {
  const bandId = useBandId();
  const { data: connections = [] } = useConnections(bandId);
  useQuickScans(bandId, connections);
  const running = connections
    .filter((each) => each.scan && isRunning(each.scan))
    .slice(0, MOST_LINES);
  const key = running.map((each) => each.id).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when it is another set of connections
  useEffect(() => {
    const lines = running.map((connection) => follow(bandId, connection));
    return () => {
      for (const line of lines) line.unsubscribe();
    };
  }, [bandId, key]);
}

/** Scans that began and ended between two looks: nobody saw them run. */
function useQuickScans(bandId: BandId, connections: readonly Connection[]): void {
  const last = useRef(new Map<string, string | undefined>());
  useEffect(() => {
    const news = connections.filter(
      ({ id, scan }) =>
        scan && last.current.has(id) && last.current.get(id) !== scan.id && !isRunning(scan),
    );
    last.current = new Map(connections.map(({ id, scan }) => [id, scan?.id]));
    const isNew = news.some(({ scan }) => scan && hasChanged(scan));
    if (isNew) noteLibraryChanged(bandId, "over");
  }, [bandId, connections]);
}

function follow(bandId: BandId, { id, name }: Connection) {
  return backline.api.connections.scanProgress.subscribe(
    { connectionId: id },
    {
      onData(scan) {
        if (!scan) return;
        noteScan(bandId, scan);
        noteLibraryChanged(bandId, isRunning(scan) ? "going_on" : "over");
        if (!isRunning(scan)) sayOver(bandId, name, scan);
      },
      // Looking every few seconds goes on without the line.
      onError: () => void refreshConnections(bandId),
    },
  );
}

function sayOver(bandId: BandId, name: string, scan: ScanProgress): void {
  void refreshConnections(bandId);
  if (scan.state === "cancelled") return;
  const isDone = scan.state === "done";
  if (isDone && !hasChanged(scan) && scan.withheld === 0 && scan.failed === 0) return;
  notifications.show({
    id: `scan ${scan.id}`,
    title: isDone ? storage.scan.doneTitle(name) : storage.scan.stoppedTitle(name),
    message:
      scan.withheld > 0
        ? storage.withheld.title(scan)
        : (scan.message ?? storage.scan.outcome(scan)),
  });
}
