import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { BandId } from "#contract/ids.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { createPreference } from "../settings/preferences.ts";
import { storage } from "../words/storage.ts";
import { expectScan, noteScan } from "./connections.ts";
import s from "./storage.module.css";

const words = storage.withheld;

/** The scan whose missing recordings this person decided to keep; the next scan asks anew. */
const keptScan = createPreference<string>("kept-scan", "", (stored) =>
  typeof stored === "string" ? stored : undefined,
);

interface WithheldProps {
  readonly scan: ScanProgress;
  readonly bandId: BandId;
  readonly isOwner: boolean;
}

/** So many recordings are gone that it looks like a mistake: people decide, not the scan. */
export function Withheld({ scan, bandId, isOwner }: WithheldProps) {
  const kept = useSyncExternalStore(keptScan.subscribe, keptScan.get);
  const confirm = useMutation(
    trpc.connections.scan.mutationOptions({
      onSuccess(scan) {
        noteScan(bandId, scan);
        expectScan(bandId);
      },
    }),
  );
  if (kept === scan.id) return null;
  return (
    <section aria-label={words.title(scan)}>
      <p className="soft">{words.text}</p>
      {isOwner ? (
        <div className={s.actions}>
          <Button variant="default" onClick={() => keptScan.set(scan.id)}>
            {words.keep}
          </Button>
          <Button
            variant="default"
            loading={confirm.isPending}
            onClick={() =>
              confirm.mutate({ connectionId: scan.connectionId, confirmMissing: true })
            }
          >
            {words.mark}
          </Button>
        </div>
      ) : null}
      <FormFailure>{confirm.error ? sentenceOf(confirm.error) : null}</FormFailure>
    </section>
  );
}
