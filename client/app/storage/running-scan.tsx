import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { storage } from "../words/storage.ts";
import { refreshConnections } from "./connections.ts";
import { ScanFigures } from "./scan-figures.tsx";
import s from "./storage.module.css";

const words = storage.scan;

interface RunningScanProps {
  readonly connection: Connection;
  readonly scan: ScanProgress;
}

export function RunningScan({ connection: { id, name, bandId }, scan }: RunningScanProps) {
  const cancel = useMutation(
    trpc.connections.cancelScan.mutationOptions({
      onSuccess: () => void refreshConnections(bandId),
    }),
  );
  const isCancelling = cancel.isPending || cancel.isSuccess;
  return (
    <div className={s.running}>
      <ScanFigures scan={scan} name={name} />
      <div className={s.runningFoot}>
        <span className="soft">{words.leave}</span>
        <Button
          variant="default"
          disabled={isCancelling}
          onClick={() => cancel.mutate({ connectionId: id })}
        >
          {isCancelling ? words.cancelling : words.cancel}
        </Button>
      </div>
      <FormFailure>{cancel.error ? sentenceOf(cancel.error) : null}</FormFailure>
    </div>
  );
}
