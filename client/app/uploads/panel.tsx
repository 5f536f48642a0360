import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { BandId } from "#contract/ids.ts";
import type { Upload } from "#contract/uploads.ts";
import { upload } from "../words/upload.ts";
import type { Arrivals } from "./arrivals.ts";
import { leftOut as leftOutStore, queue } from "./here.ts";
import type { Sending } from "./queue.ts";
import { SendingRow } from "./sending-row.tsx";
import { UnfinishedRow } from "./unfinished-row.tsx";
import s from "./uploads.module.css";

interface PanelProps {
  readonly bandId: BandId;
  readonly sendings: readonly Sending[];
  /** As the server knows them. */
  readonly uploads: readonly Upload[];
  readonly unfinished: readonly Upload[];
  readonly leftOut: readonly string[];
  readonly arrivals: Arrivals;
}

/** Every upload of this tab, and those that wait for their file. */
export function Panel({ bandId, sendings, uploads, unfinished, leftOut, arrivals }: PanelProps) {
  const isAnyDone = sendings.some(({ state }) => state === "done");
  return (
    <div className={s.panel}>
      <div className={s.panelHead}>
        <h2 className={s.panelTitle}>{upload.panel}</h2>
        {isAnyDone ? (
          <Button variant="default" size="compact-sm" onClick={queue.removeDone}>
            {upload.removeDone}
          </Button>
        ) : null}
      </div>
      {leftOut.length > 0 ? <LeftOut names={leftOut} /> : null}
      {sendings.length > 0 ? (
        <ul className={s.rows} aria-label={upload.list}>
          {sendings.map((sending) => (
            <SendingRow
              key={sending.key}
              sending={sending}
              known={uploads.find(({ id }) => id === sending.uploadId)}
              track={arrivals.get(sending.uploadId ?? "")}
            />
          ))}
        </ul>
      ) : null}
      {unfinished.length > 0 ? (
        <section aria-label={upload.unfinished.title}>
          <h3 className={s.groupTitle}>{upload.unfinished.title}</h3>
          <p className={s.groupText}>{upload.unfinished.text}</p>
          <ul className={s.rows}>
            {unfinished.map((each) => (
              <UnfinishedRow key={each.id} bandId={bandId} upload={each} />
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}

const LeftOut = ({ names }: { readonly names: readonly string[] }) => (
  <div className={s.leftOut} role="status">
    <span>{upload.leftOut(names)}</span>
    <ActionIcon size={24} aria-label={upload.dismiss} onClick={() => leftOutStore.set([])}>
      <IconX size={14} />
    </ActionIcon>
  </div>
);
