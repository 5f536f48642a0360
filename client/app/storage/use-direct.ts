import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { trpc } from "../api.ts";
import { direct } from "../words/direct.ts";
import { noteConnection } from "./connections.ts";

/** Whether browsers fetch recordings from the storage itself. */
export function useDirect({ id, name }: Connection) {
  const change = useMutation(
    trpc.connections.setDirect.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        const message = connection.direct === "on" ? direct.isOn(name) : direct.isOff(name);
        notifications.show({ message });
      },
    }),
  );
  return {
    isPending: change.isPending,
    error: change.error,
    reset: change.reset,
    set: (isOn: boolean) => change.mutateAsync({ connectionId: id, isOn }),
  };
}
