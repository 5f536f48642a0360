import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Me } from "#contract/auth.ts";
import { backline, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { EmailField, wrongEmail } from "../auth/account-fields.tsx";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { useFields } from "../auth/use-fields.ts";
import { Tag } from "../frame/lines.tsx";
import { security } from "../words/security.ts";
import { settings } from "../words/settings.ts";
import p from "./profile.module.css";
import { Row } from "./row.tsx";
import s from "./settings.module.css";

const words = settings.changeEmail;

export function Email({ user: { email, isEmailVerified } }: Pick<Me, "user">) {
  const [form, setForm] = useState<"new" | "open" | "closed">("new");
  if (form === "open") return <ChangeEmail onClose={() => setForm("closed")} />;
  return (
    <Row label={settings.email} hint={settings.emailHint}>
      <div className={s.address}>
        {email ?? settings.noEmail}
        {email !== null && !isEmailVerified ? <NotConfirmed email={email} /> : null}
        <Button
          variant="default"
          aria-label={email === null ? words.add : words.title}
          onClick={() => setForm("open")}
          // Whoever has just closed the form goes on where they were.
          autoFocus={form === "closed"}
        >
          {email === null ? words.add : settings.change}
        </Button>
      </div>
    </Row>
  );
}

/** Asks for the new address, and then shows that the rest is in its mailbox. */
function ChangeEmail({ onClose }: { readonly onClose: () => void }) {
  const { withProof, dialog } = useReauthentication();
  const ask = useMutation({
    mutationFn: (email: string) =>
      withProof(() => backline.api.account.changeEmail.mutate({ email })),
    onSettled: () => void refreshEvents(),
  });
  const { field, submit } = useFields({
    initial: { email: "" },
    findWrong: ({ email }) => ({ email: wrongEmail(email) }),
    onSubmit: ({ email }) => ask.mutate(email.trim()),
  });
  if (ask.isSuccess) return <Sent email={ask.variables} onClose={onClose} />;
  return (
    <>
      <form className={s.form} onSubmit={submit} noValidate aria-label={words.title}>
        <EmailField
          {...field("email")}
          label={words.label}
          description={words.hint}
          autoComplete="email"
          autoFocus
        />
        <FormFailure>{ask.error ? sentenceOf(ask.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={ask.isPending}>
            {words.submit}
          </Button>
          <Button variant="default" onClick={onClose}>
            {settings.cancel}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}

interface SentProps {
  readonly email: string;
  readonly onClose: () => void;
}

/** The same for every address: whether it has an account is only said in the mail. */
function Sent({ email, onClose }: SentProps) {
  const { withProof, dialog } = useReauthentication();
  const again = useMutation({
    mutationFn: () => withProof(() => backline.api.account.changeEmail.mutate({ email })),
  });
  return (
    <section className={s.form} aria-label={words.title}>
      <p className={p.text}>
        <strong>{words.look}.</strong> {words.sent(email)}
      </p>
      <FormFailure>{again.error ? sentenceOf(again.error) : null}</FormFailure>
      <div className={s.actions}>
        <Button onClick={onClose} autoFocus>
          {words.done}
        </Button>
        <Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          {words.again}
        </Button>
      </div>
      <output className={p.answer}>{again.isSuccess ? words.sentAgain : ""}</output>
      {dialog}
    </section>
  );
}

function NotConfirmed({ email }: { readonly email: string }) {
  const resend = useMutation(
    trpc.auth.resendVerification.mutationOptions({
      onSuccess: () => notifications.show({ message: security.sentAgain(email) }),
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
    }),
  );
  return (
    <>
      <Tag>{security.notConfirmed}</Tag>
      <Button variant="default" loading={resend.isPending} onClick={() => resend.mutate({ email })}>
        {security.sendAgain}
      </Button>
    </>
  );
}
