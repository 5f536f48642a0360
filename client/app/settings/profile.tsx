import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { sentenceOf, trpc } from "../api.ts";
import { sessionQuery } from "../auth/session.ts";
import { Tag } from "../frame/lines.tsx";
import { Section } from "../frame/screen.tsx";
import { security } from "../words/security.ts";
import { settings } from "../words/settings.ts";
import { Creator } from "./creator.tsx";
import { Row } from "./row.tsx";
import s from "./settings.module.css";

export function Profile() {
  // The address may have been confirmed in another tab a moment ago.
  const { data: me } = useQuery({ ...sessionQuery, staleTime: 0 });
  return (
    <Section title={settings.profile}>
      <Row label={settings.name}>{me?.user.name}</Row>
      <Row label={settings.email}>
        <div className={s.address}>
          {me?.user.email}
          {me?.user.email && !me.user.isEmailVerified ? (
            <NotConfirmed email={me.user.email} />
          ) : null}
        </div>
      </Row>
      <Row label={settings.role}>{me ? settings.roles[me.user.role] : null}</Row>
      {me ? <Creator user={me.user} /> : null}
    </Section>
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
