import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sentenceOf } from "../api.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { auth } from "../words/auth.ts";
import s from "./gate.module.css";
import { FormFailure, Gate } from "./gate.tsx";
import { sessionQuery } from "./session.ts";

interface ConfirmLinkProps {
  readonly words: Readonly<Record<"title" | "text" | "submit", string>>;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
}

/** By a press: what opens the links of a mail before its reader does must not use one up. */
export const ConfirmLink = ({ words, isPending, error, onConfirm }: ConfirmLinkProps) => (
  <Gate title={words.title} text={words.text}>
    <div className={s.form}>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <Button size="lg" loading={isPending} onClick={onConfirm} fullWidth autoFocus>
        {words.submit}
      </Button>
    </div>
  </Gate>
);

interface LinkConfirmedProps {
  readonly words: Readonly<Record<"done" | "doneText", string>>;
}

/** Leads on to where they are signed in, or can be. */
export function LinkConfirmed({ words }: LinkConfirmedProps) {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Gate title={words.done} text={words.doneText} isAnswer>
      <ButtonLink to={me ? "/" : "/sign-in"} size="lg" fullWidth>
        {me ? auth.verify.goOn : auth.signIn.submit}
      </ButtonLink>
    </Gate>
  );
}
