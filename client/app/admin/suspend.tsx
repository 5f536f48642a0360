import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { UserEntry } from "#contract/auth.ts";
import { trpc } from "../api.ts";
import { Confirm } from "../frame/confirm.tsx";
import { people } from "../words/people.ts";
import { refreshPeople } from "./users.ts";

const words = people.suspend;

interface SuspendProps {
  readonly person: UserEntry;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says first what it does to them: it interrupts whatever they do or hear. */
export function Suspend({ person: { id, name }, isOpen, onClose }: SuspendProps) {
  const suspend = useMutation(
    trpc.admin.users.suspend.mutationOptions({
      onSuccess() {
        onClose();
        notifications.show({ message: words.done(name) });
      },
      onSettled: refreshPeople,
    }),
  );
  const close = () => {
    onClose();
    suspend.reset();
  };
  return (
    <Confirm
      title={words.title(name)}
      texts={[words.text, words.keeps]}
      confirm={words.confirm}
      isHarmful
      isOpen={isOpen}
      onClose={close}
      onConfirm={() => suspend.mutate({ userId: id })}
      isPending={suspend.isPending}
      error={suspend.error}
    />
  );
}
