import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { EmailForm } from "./email-form.tsx";
import { Aside, Gate } from "./gate.tsx";
import { LookIntoMail } from "./look-into-mail.tsx";

const words = auth.forgot;

export function ForgotPasswordPage() {
  const [sentTo, setSentTo] = useState<string | null>(null);
  const ask = useMutation(trpc.auth.requestPasswordReset.mutationOptions());
  const again = useMutation(trpc.auth.requestPasswordReset.mutationOptions());
  if (sentTo !== null) {
    const onOther = () => setSentTo(null);
    return (
      <LookIntoMail email={sentTo} text={auth.mail.reset(sentTo)} again={again} onOther={onOther} />
    );
  }
  return (
    <Gate title={words.title} text={words.text}>
      <EmailForm
        submit={words.submit}
        isPending={ask.isPending}
        error={ask.error}
        onSubmit={(email) => ask.mutate({ email }, { onSuccess: () => setSentTo(email) })}
      />
      <Aside>
        <Link to="/sign-in">{auth.mail.toSignIn}</Link>
      </Aside>
    </Gate>
  );
}
