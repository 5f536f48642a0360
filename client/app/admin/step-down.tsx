import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { UserEntry, UserRole } from "#contract/auth.ts";
import { trpc } from "../api.ts";
import { noteRole } from "../auth/session.ts";
import { Confirm } from "../frame/confirm.tsx";
import { people } from "../words/people.ts";

const words = people.stepDown;

interface StepDownProps {
  readonly person: UserEntry;
  /** The role that an administrator wants instead of their own; `null` while they want none. */
  readonly wish: UserRole | null;
  readonly onClose: () => void;
}

/** Giving up one's own rights, which one cannot give back to oneself. */
export function StepDown({ person, wish, onClose }: StepDownProps) {
  const navigate = useNavigate({ from: "/b/$bandId/admin" });
  const setRole = useMutation(
    trpc.admin.users.setRole.mutationOptions({
      async onSuccess(_, { role }) {
        onClose();
        notifications.show({ message: words.done(role) });
        await navigate({ to: "/b/$bandId" });
        noteRole(role);
      },
    }),
  );
  const close = () => {
    onClose();
    setRole.reset();
  };
  // While the dialog fades it goes on saying what it said.
  const [said, setSaid] = useState<UserRole>("user");
  if (wish !== null && wish !== said) setSaid(wish);
  return (
    <Confirm
      title={words.title}
      texts={[words.text(said)]}
      confirm={words.confirm}
      isHarmful
      isOpen={wish !== null}
      onClose={close}
      onConfirm={() => setRole.mutate({ userId: person.id, role: said })}
      isPending={setRole.isPending}
      error={setRole.error}
    />
  );
}
