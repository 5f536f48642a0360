import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { sentenceOf, trpc } from "../api.ts";
import { storage } from "../words/storage.ts";
import { noteConnection } from "./connections.ts";

export const sayFailure = (error: unknown) => notifications.show({ message: sentenceOf(error) });

/** Asks the storage how it is; the answer is its health, and is said. */
export function useCheck({ id, name }: Connection) {
  const check = useMutation(
    trpc.connections.check.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        const message = connection.healthMessage ?? storage.card.works(name);
        notifications.show({ message });
      },
      onError: sayFailure,
    }),
  );
  return { isPending: check.isPending, start: () => check.mutate({ connectionId: id }) };
}
