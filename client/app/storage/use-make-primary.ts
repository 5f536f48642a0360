import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { trpc } from "../api.ts";
import { storage } from "../words/storage.ts";
import { noteConnection, refreshConnections } from "./connections.ts";
import { sayFailure } from "./use-check.ts";

/** New recordings of the band go there from now on; another one was the primary until then. */
export function useMakePrimary({ id, name }: Connection) {
  const make = useMutation(
    trpc.connections.setPrimary.mutationOptions({
      async onSuccess(connection) {
        noteConnection(connection);
        notifications.show({ message: storage.card.isPrimaryNow(name) });
        await refreshConnections(connection.bandId);
      },
      onError: sayFailure,
    }),
  );
  return { isPending: make.isPending, start: () => make.mutate({ connectionId: id }) };
}
