import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLink, IconMail } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Invitation } from "#contract/auth.ts";
import type { RegistrationMode } from "#contract/system.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Line, Lines } from "../frame/lines.tsx";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";
import { Invite } from "./invite.tsx";

const words = admin.invitations;

const refreshInvitations = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: trpc.admin.invitations.list.queryKey() });

const notes: Readonly<Record<RegistrationMode, string>> = {
  open: words.open,
  invite: words.text,
  closed: words.closed,
};

export function Invitations() {
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  return (
    <>
      <p className={s.note}>{notes[info?.registration ?? "invite"]}</p>
      <Invite onMade={refreshInvitations} />
      <OpenInvitations />
    </>
  );
}

function OpenInvitations() {
  const { data: invitations, error } = useQuery(
    trpc.admin.invitations.list.queryOptions(undefined, { staleTime: 0 }),
  );
  if (!invitations) {
    return error ? <FormFailure>{sentenceOf(error)}</FormFailure> : <Skeleton height={56} />;
  }
  if (invitations.length === 0) return <p className={s.note}>{words.none}</p>;
  return (
    <Lines label={words.title}>
      {invitations.map((invitation) => (
        <Line
          key={invitation.id}
          icon={invitation.email === null ? <IconLink size={18} /> : <IconMail size={18} />}
          title={words.whose(invitation)}
          more={words.when(invitation)}
        >
          <Remove invitation={invitation} />
        </Line>
      ))}
    </Lines>
  );
}

function Remove({ invitation }: { readonly invitation: Invitation }) {
  const remove = useMutation(
    trpc.admin.invitations.remove.mutationOptions({
      onSuccess: () => notifications.show({ message: words.removed }),
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
      onSettled: refreshInvitations,
    }),
  );
  return (
    <Button
      variant="default"
      aria-label={words.removeOf(invitation)}
      loading={remove.isPending}
      onClick={() => remove.mutate({ id: invitation.id })}
    >
      {words.remove}
    </Button>
  );
}
