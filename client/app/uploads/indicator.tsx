import { Popover, UnstyledButton } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useBandId, useIsEditor } from "../frame/band.ts";
import top from "../frame/top-bar.module.css";
import { upload } from "../words/upload.ts";
import { useArrivals } from "./arrivals.ts";
import { announcement, isPanelOpen, leftOut, queue } from "./here.ts";
import { Panel } from "./panel.tsx";
import { isUnderWay, type Sending } from "./queue.ts";
import { unfinishedOf, uploadsQuery } from "./unfinished.ts";

/** How the uploads are, wherever in the app the person is; out of sight when there are none. */
export function UploadsIndicator() {
  const bandId = useBandId();
  const sendings = useSyncExternalStore(queue.state.subscribe, queue.state.get);
  const isOpen = useSyncExternalStore(isPanelOpen.subscribe, isPanelOpen.get);
  const left = useSyncExternalStore(leftOut.subscribe, leftOut.get);
  const said = useSyncExternalStore(announcement.subscribe, announcement.get);
  const mayUpload = useIsEditor();
  const { data: uploads = [] } = useQuery({ ...uploadsQuery(bandId), enabled: mayUpload });
  const unfinished = unfinishedOf(uploads, sendings);
  const done = sendings.filter(({ state }) => state === "done").map(({ uploadId }) => uploadId);
  const arrivals = useArrivals(
    bandId,
    uploads.filter(({ id }) => done.includes(id)),
  );
  const isEmpty = sendings.length + unfinished.length + left.length === 0;
  useEffect(() => {
    if (isEmpty) isPanelOpen.set(false);
  }, [isEmpty]);
  return (
    <>
      <output className="out-of-sight">{said}</output>
      {isEmpty ? null : (
        <Popover
          position="bottom-end"
          width="min(416px, calc(100vw - 16px))"
          opened={isOpen}
          onChange={isPanelOpen.set}
        >
          <Popover.Target>
            <UnstyledButton className={top.running} onClick={() => isPanelOpen.set(!isOpen)}>
              <IconUpload size={16} aria-hidden />
              <Summary sendings={sendings} unfinished={unfinished.length} />
            </UnstyledButton>
          </Popover.Target>
          <Popover.Dropdown>
            <Panel {...{ bandId, sendings, uploads, unfinished, arrivals }} leftOut={left} />
          </Popover.Dropdown>
        </Popover>
      )}
    </>
  );
}

interface SummaryProps {
  readonly sendings: readonly Sending[];
  readonly unfinished: number;
}

function Summary({ sendings, unfinished }: SummaryProps) {
  const [short, spoken] = summarise(sendings, unfinished);
  return (
    <>
      <span className="out-of-sight">
        {upload.panel}: {spoken}
      </span>
      <span className={`${top.runningText} times`} aria-hidden="true">
        {short}
      </span>
    </>
  );
}

function summarise(sendings: readonly Sending[], unfinished: number): readonly [string, string] {
  const sending = sendings.filter(isUnderWay);
  if (sending.length > 0) {
    const percent = percentOf(sending);
    return [upload.running(sending.length, percent), upload.spoken(sending.length, percent)];
  }
  const stopped =
    unfinished + sendings.filter(({ state }) => state === "paused" || state === "failed").length;
  if (stopped > 0) return [upload.stopped(stopped), upload.stoppedSpoken(stopped)];
  const text = upload.finished(sendings.length);
  return [text, text];
}

function percentOf(sendings: readonly Sending[]): number {
  const all = sendings.reduce((sum, { file }) => sum + file.size, 0);
  const sent = sendings.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  return all === 0 ? 0 : Math.floor((sent / all) * 100);
}
