import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { trpc } from "../api.ts";
import { storage } from "../words/storage.ts";
import { expectScan, noteConnection } from "./connections.ts";
import { sayFailure } from "./use-check.ts";

/** Nothing is asked of a storage that is paused; resumed, it is asked at once how it is. */
export function usePause({ id, name }: Connection) {
  const pause = useMutation(
    trpc.connections.pause.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        notifications.show({ message: storage.card.paused(name) });
      },
      onError: sayFailure,
    }),
  );
  const resume = useMutation(
    trpc.connections.resume.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        expectScan(connection.bandId);
        notifications.show({ message: connection.healthMessage ?? storage.card.works(name) });
      },
      onError: sayFailure,
    }),
  );
  return {
    isResuming: resume.isPending,
    pause: () => pause.mutate({ connectionId: id }),
    resume: () => resume.mutate({ connectionId: id }),
  };
}
