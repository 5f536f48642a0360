import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { EmailField, wrongEmail } from "../auth/account-fields.tsx";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";
import { InvitationLink } from "./invitation-link.tsx";

const words = admin.invitations;

/** Makes an invitation, and shows its link for the only time. */
export function Invite({ onMade }: { readonly onMade: () => void }) {
  const [isAnother, setIsAnother] = useState(false);
  const create = useMutation(
    trpc.admin.invitations.create.mutationOptions({
      onSuccess() {
        onMade();
        setIsAnother(true);
        void refreshEvents();
      },
    }),
  );
  if (create.isSuccess) {
    const { email } = create.variables;
    return (
      <InvitationLink
        text={email === null ? words.linkText : words.mailedText(email)}
        url={create.data.url}
        onDone={create.reset}
      />
    );
  }
  return (
    <InviteForm
      isPending={create.isPending}
      error={create.error}
      onInvite={(email) => create.mutate({ email })}
      autoFocus={isAnother}
    />
  );
}

interface InviteFormProps {
  readonly isPending: boolean;
  readonly error: unknown;
  /** For an address, or with `null` for whoever gets the link. */
  readonly onInvite: (email: string | null) => void;
  readonly autoFocus: boolean;
}

function InviteForm({ isPending, error, onInvite, autoFocus }: InviteFormProps) {
  const { field, submit } = useFields({
    initial: { email: "" },
    findWrong: ({ email }) => ({ email: wrongEmail(email) }),
    onSubmit: ({ email }) => onInvite(email.trim()),
  });
  return (
    <form className={s.invite} onSubmit={submit} noValidate aria-label={words.send}>
      <EmailField
        {...field("email")}
        description={words.emailHint}
        autoComplete="off"
        autoFocus={autoFocus}
      />
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <div className={s.actions}>
        <Button type="submit" loading={isPending}>
          {words.send}
        </Button>
        <Button variant="default" disabled={isPending} onClick={() => onInvite(null)}>
          {words.makeLink}
        </Button>
      </div>
    </form>
  );
}
