import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { noteLibraryChanged } from "../library/changes.ts";
import { storage } from "../words/storage.ts";
import { refreshConnections } from "./connections.ts";
import s from "./storage.module.css";

const words = storage.disconnect;

interface DisconnectProps {
  readonly connection: Connection;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says what goes before it goes: this cannot be undone by a button. */
export function Disconnect({ connection, isOpen, onClose }: DisconnectProps) {
  const { id, bandId, name, provider, trackCount, missingCount } = connection;
  const preview = useQuery(
    trpc.connections.removalPreview.queryOptions(
      { connectionId: id },
      { enabled: isOpen, staleTime: 0, gcTime: 0 },
    ),
  );
  const remove = useMutation(
    trpc.connections.remove.mutationOptions({
      async onSuccess() {
        onClose();
        notifications.show({ message: words.done(name) });
        noteLibraryChanged(bandId, "over");
        await refreshConnections(bandId);
      },
    }),
  );
  return (
    <Modal opened={isOpen} onClose={onClose} title={words.title(name)}>
      <p className={s.modalText}>
        {words.removes(preview.data?.leaving ?? trackCount + missingCount)}
      </p>
      {preview.data && preview.data.staying > 0 ? (
        <p className={s.modalText}>{words.stays(preview.data.staying)}</p>
      ) : null}
      {preview.data?.nextPrimary ? (
        <p className={s.modalText}>{words.nextPrimary(preview.data.nextPrimary)}</p>
      ) : null}
      <p className={s.modalText}>{words.keeps(provider)}</p>
      <FormFailure>{remove.error ? sentenceOf(remove.error) : null}</FormFailure>
      <div className={s.modalActions}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {words.cancel}
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => remove.mutate({ connectionId: id })}
        >
          {words.confirm}
        </Button>
      </div>
    </Modal>
  );
}
