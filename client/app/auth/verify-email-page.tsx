import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { queryClient, refusalOf, sentenceOf, trpc } from "../api.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { auth } from "../words/auth.ts";
import { EmailForm } from "./email-form.tsx";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { LookIntoMail } from "./look-into-mail.tsx";
import { sessionQuery } from "./session.ts";

const words = auth.verify;

export function VerifyEmailPage() {
  const token = useLinkToken();
  return <Confirm key={token} token={token} />;
}

/** By a press: what opens the links of a mail before its reader does must not use one up. */
function Confirm({ token }: { readonly token: string }) {
  const verify = useMutation(
    trpc.auth.verifyEmail.mutationOptions({
      onSuccess: () => queryClient.prefetchQuery({ ...sessionQuery, staleTime: 0 }),
    }),
  );
  if (verify.isSuccess) return <Confirmed />;
  if (token === "") return <NewLink text={words.missing} />;
  if (refusalOf(verify.error)?.code === "not_found") {
    return <NewLink text={sentenceOf(verify.error)} />;
  }
  return (
    <Gate title={words.title} text={words.text}>
      <div className={s.form}>
        <FormFailure>{verify.error ? sentenceOf(verify.error) : null}</FormFailure>
        <Button
          size="lg"
          loading={verify.isPending}
          onClick={() => verify.mutate({ token })}
          fullWidth
          autoFocus
        >
          {words.submit}
        </Button>
      </div>
    </Gate>
  );
}

function Confirmed() {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Gate title={words.done} text={words.doneText} isAnswer>
      <ButtonLink to={me ? "/" : "/sign-in"} size="lg" fullWidth>
        {me ? words.goOn : auth.signIn.submit}
      </ButtonLink>
    </Gate>
  );
}

/** What to do with a link that is old or was cut. */
function NewLink({ text }: { readonly text: string }) {
  const { data: me } = useQuery(sessionQuery);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const resend = useMutation(trpc.auth.resendVerification.mutationOptions());
  if (sentTo !== null) {
    const onOther = () => setSentTo(null);
    return (
      <LookIntoMail
        email={sentTo}
        text={auth.mail.verify(sentTo)}
        again={resend}
        onOther={onOther}
      />
    );
  }
  return (
    <Gate title={words.old} text={text} isAnswer>
      <EmailForm
        email={me?.user.email ?? ""}
        submit={words.send}
        isPending={resend.isPending}
        error={resend.error}
        onSubmit={(email) => resend.mutate({ email }, { onSuccess: () => setSentTo(email) })}
      />
      <Aside>
        <Link to="/sign-in">{auth.mail.toSignIn}</Link>
      </Aside>
    </Gate>
  );
}
