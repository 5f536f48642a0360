import { useMutation, useQuery } from "@tanstack/react-query";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { auth } from "../words/auth.ts";
import { ConfirmLink, LinkConfirmed } from "./confirm-link.tsx";
import { Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { refreshMe, sessionQuery } from "./session.ts";

const words = auth.confirmEmail;

export function ConfirmEmailPage() {
  const token = useLinkToken();
  return <Confirm key={token} token={token} />;
}

function Confirm({ token }: { readonly token: string }) {
  const confirm = useMutation(
    trpc.auth.confirmEmailChange.mutationOptions({ onSuccess: () => refreshMe() }),
  );
  if (confirm.isSuccess) return <LinkConfirmed words={words} />;
  if (token === "") return <InSettings title={words.old} text={words.missing} />;
  const refusal = refusalOf(confirm.error)?.code;
  if (refusal === "not_found" || refusal === "conflict") {
    const title = refusal === "conflict" ? words.taken : words.old;
    return <InSettings title={title} text={sentenceOf(confirm.error)} />;
  }
  return (
    <ConfirmLink
      words={words}
      isPending={confirm.isPending}
      error={confirm.error}
      onConfirm={() => confirm.mutate({ token })}
    />
  );
}

/** Only whoever is signed in can ask for another link. */
function InSettings({ title, text }: { readonly title: string; readonly text: string }) {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Gate title={title} text={text} isAnswer>
      {me ? (
        <ButtonLink
          to="/b/$bandId/settings"
          params={{ bandId: me.personalBandId }}
          size="lg"
          fullWidth
        >
          {words.toSettings}
        </ButtonLink>
      ) : (
        <ButtonLink to="/sign-in" size="lg" fullWidth>
          {auth.signIn.submit}
        </ButtonLink>
      )}
    </Gate>
  );
}
