import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { sentenceOf, trpc } from "../api.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { auth } from "../words/auth.ts";
import { AccountFields, wrongEmail, wrongName, wrongNewPassword } from "./account-fields.tsx";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { LookIntoMail } from "./look-into-mail.tsx";
import { useFields } from "./use-fields.ts";

const words = auth.register;

export function RegisterPage() {
  const invitation = useLinkToken();
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const again = useMutation(trpc.auth.resendVerification.mutationOptions());
  const [sentTo, setSentTo] = useState<string | null>(null);

  if (sentTo !== null) {
    const onOther = () => setSentTo(null);
    return (
      <LookIntoMail
        email={sentTo}
        text={auth.mail.register(sentTo)}
        again={again}
        onOther={onOther}
      />
    );
  }
  if (info?.registration === "closed") return <NoWayIn {...words.closed} />;
  if (info?.registration === "invite" && invitation === "") return <NoWayIn {...words.invite} />;
  return (
    <Gate title={words.title} text={words.text}>
      <RegisterForm key={invitation} invitation={invitation || null} onSent={setSentTo} />
      <Aside>
        <Link to="/sign-in">{words.toSignIn}</Link>
      </Aside>
    </Gate>
  );
}

const NoWayIn = ({ title, text }: { readonly title: string; readonly text: string }) => (
  <Gate title={title} text={text}>
    <ButtonLink to="/sign-in" variant="default">
      {auth.mail.toSignIn}
    </ButtonLink>
  </Gate>
);

interface RegisterFormProps {
  readonly invitation: string | null;
  readonly onSent: (email: string) => void;
}

function RegisterForm({ invitation, onSent }: RegisterFormProps) {
  const register = useMutation(
    trpc.auth.register.mutationOptions({ onSuccess: (_, { email }) => onSent(email) }),
  );
  const { form, field, submit } = useFields({
    initial: { name: "", email: "", password: "" },
    findWrong: ({ name, email, password }) => ({
      name: wrongName(name),
      email: wrongEmail(email),
      password: wrongNewPassword(password),
    }),
    onSubmit: ({ name, email, password }) =>
      register.mutate({ name: name.trim(), email: email.trim(), password, invitation }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <AccountFields field={field} personal={[form.name, form.email]} />
      <FormFailure>{register.error ? sentenceOf(register.error) : null}</FormFailure>
      <Button type="submit" size="lg" loading={register.isPending} fullWidth>
        {words.submit}
      </Button>
    </form>
  );
}
