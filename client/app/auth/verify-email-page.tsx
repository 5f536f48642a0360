import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { queryClient, refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { ConfirmLink, LinkConfirmed } from "./confirm-link.tsx";
import { EmailForm } from "./email-form.tsx";
import { Aside, Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { LookIntoMail } from "./look-into-mail.tsx";
import { sessionQuery } from "./session.ts";

const words = auth.verify;

export function VerifyEmailPage() {
  const token = useLinkToken();
  return <Confirm key={token} token={token} />;
}

function Confirm({ token }: { readonly token: string }) {
  const verify = useMutation(
    trpc.auth.verifyEmail.mutationOptions({
      onSuccess: () => queryClient.prefetchQuery({ ...sessionQuery, staleTime: 0 }),
    }),
  );
  if (verify.isSuccess) return <LinkConfirmed words={words} />;
  if (token === "") return <NewLink text={words.missing} />;
  if (refusalOf(verify.error)?.code === "not_found") {
    return <NewLink text={sentenceOf(verify.error)} />;
  }
  return (
    <ConfirmLink
      words={words}
      isPending={verify.isPending}
      error={verify.error}
      onConfirm={() => verify.mutate({ token })}
    />
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
