import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Connection } from "#contract/connections.ts";
import { trpc } from "../api.ts";
import { deleting } from "../words/deleting.ts";
import { direct } from "../words/direct.ts";
import { noteConnection } from "./connections.ts";

/** What an owner allows of a storage, with its words. */
export const switches = {
  /** Browsers fetch recordings from the storage itself. */
  direct: { words: direct, procedure: trpc.connections.setDirect },
  /** Owners delete recordings in the storage. */
  deleting: { words: deleting, procedure: trpc.connections.setDeleting },
};

export type SwitchName = keyof typeof switches;

export function useSwitch({ id, name }: Connection, which: SwitchName) {
  const { words, procedure } = switches[which];
  const change = useMutation(
    procedure.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        const say = connection[which] === "on" ? words.isOn : words.isOff;
        notifications.show({ message: say(name) });
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
