import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { UserEntry, UserRole } from "#contract/auth.ts";
import { sentenceOf, trpc } from "../api.ts";
import { endSession } from "../auth/session.ts";
import { people as words } from "../words/people.ts";
import { notePerson, refreshPeople } from "./users.ts";

const say = (message: string): void => void notifications.show({ message });
const onError = (error: unknown): void => say(sentenceOf(error));

/** The choice shows at once, and goes back when the server refuses it. */
export function useSetRole({ id, name }: UserEntry) {
  const set = useMutation(
    trpc.admin.users.setRole.mutationOptions({
      onMutate: ({ role }) => notePerson(id, { role }),
      onSuccess: (_, { role }) => say(words.roleSet(name, role)),
      onError,
      onSettled: refreshPeople,
    }),
  );
  return (role: UserRole) => set.mutate({ userId: id, role });
}

/** On every device; one's own is the last that notices, so it is told. */
export function useEndSessions({ id, name }: UserEntry, isMe: boolean) {
  const end = useMutation(
    trpc.admin.users.endSessions.mutationOptions({
      onSuccess() {
        if (isMe) return endSession("signed_out");
        say(words.signedOut(name));
        void refreshPeople();
      },
      onError,
    }),
  );
  return () => end.mutate({ userId: id });
}

export function useRestore({ id, name }: UserEntry) {
  const restore = useMutation(
    trpc.admin.users.restore.mutationOptions({
      onMutate: () => notePerson(id, { suspendedAt: null }),
      onSuccess: () => say(words.restored(name)),
      onError,
      onSettled: refreshPeople,
    }),
  );
  return () => restore.mutate({ userId: id });
}
