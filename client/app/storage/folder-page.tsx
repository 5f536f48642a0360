import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { NothingHere } from "../frame/broken.tsx";
import { Screen } from "../frame/screen.tsx";
import { folders as words } from "../words/folders.ts";
import { expectScan, noteConnection, useConnections } from "./connections.ts";
import { FolderPicker } from "./folder-picker.tsx";
import s from "./storage.module.css";

function useSetRoot() {
  const { bandId } = useParams({ from: "/b/$bandId/storage/$connectionId/folder" });
  const navigate = useNavigate();
  return useMutation(
    trpc.connections.setRoot.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        expectScan(bandId);
        void navigate({ to: "/b/$bandId/storage", params: { bandId } });
      },
    }),
  );
}

/** The last step of adding a storage, and the way to another folder later. */
export function FolderPage() {
  const { bandId, connectionId } = useParams({ from: "/b/$bandId/storage/$connectionId/folder" });
  const [folder, setFolder] = useState<string | null>(null);
  const connections = useConnections(bandId);
  const connection = connections.data?.find((each) => each.id === connectionId);
  const setRoot = useSetRoot();
  if (connections.data && !connection) return <NothingHere />;
  return (
    <Screen title={words.title}>
      <p className={s.lead}>{words.text(connection?.name ?? "")}</p>
      <FolderPicker connectionId={connectionId} folder={folder} onOpen={setFolder} />
      <FormFailure>{setRoot.error ? sentenceOf(setRoot.error) : null}</FormFailure>
      <div className={s.actions}>
        <Button
          size="lg"
          loading={setRoot.isPending}
          onClick={() => setRoot.mutate({ connectionId, folder })}
        >
          {words.use}
        </Button>
      </div>
    </Screen>
  );
}
