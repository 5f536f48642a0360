import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { SetUp } from "#contract/auth.ts";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { AccountFields, wrongEmail, wrongName, wrongNewPassword } from "./account-fields.tsx";
import s from "./gate.module.css";
import { FormFailure, Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { noteSignedIn } from "./session.ts";
import { useFields } from "./use-fields.ts";

const words = auth.setup;

export function SetupPage() {
  const givenToken = useLinkToken();
  const [isTyping, setIsTyping] = useState(false);
  if (givenToken === "" && !isTyping) {
    return <WhereIsTheToken onHaveToken={() => setIsTyping(true)} />;
  }
  return (
    <Gate title={words.title} text={words.text}>
      <SetupForm key={givenToken} givenToken={givenToken} />
    </Gate>
  );
}

function WhereIsTheToken({ onHaveToken }: { readonly onHaveToken: () => void }) {
  const { title, text, line, where, haveToken } = auth.notSetUp;
  return (
    <Gate title={title} text={text}>
      <code className={s.line}>{line(location.origin)}</code>
      <p className="soft">{where}</p>
      <Button variant="default" onClick={onHaveToken}>
        {haveToken}
      </Button>
    </Gate>
  );
}

function useSetup() {
  const navigate = useNavigate();
  return useMutation(
    trpc.auth.setup.mutationOptions({
      onSuccess(result) {
        noteSignedIn(result.me);
        void navigate({ to: "/welcome", replace: true });
      },
    }),
  );
}

function SetupForm({ givenToken }: { readonly givenToken: string }) {
  const setup = useSetup();
  const { form, field, submit } = useFields<SetUp>({
    initial: { setupToken: givenToken, email: "", name: "", password: "" },
    findWrong: ({ setupToken, name, email, password }) => ({
      setupToken: setupToken.trim() ? undefined : words.tokenMissing,
      name: wrongName(name),
      email: wrongEmail(email),
      password: wrongNewPassword(password),
    }),
    onSubmit: (filled) =>
      setup.mutate({ ...filled, name: filled.name.trim(), email: filled.email.trim() }),
  });

  return (
    <form className={s.form} onSubmit={submit} noValidate>
      {givenToken === "" ? (
        <TextInput {...field("setupToken")} label={words.token} description={words.tokenHint} />
      ) : null}
      <AccountFields field={field} personal={[form.name, form.email]} />
      <SetupFailure error={setup.error} />
      <Button type="submit" size="lg" loading={setup.isPending} fullWidth>
        {words.submit}
      </Button>
    </form>
  );
}

function SetupFailure({ error }: { readonly error: unknown }) {
  if (!error) return <FormFailure>{null}</FormFailure>;
  const isDone = refusalOf(error)?.code === "not_found";
  return (
    <FormFailure>
      {sentenceOf(error)}
      {isDone ? (
        <>
          {" "}
          <Link to="/sign-in">{auth.signIn.submit}</Link>
        </>
      ) : null}
    </FormFailure>
  );
}
