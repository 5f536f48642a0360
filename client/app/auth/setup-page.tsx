import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import type { SetUp } from "#contract/auth.ts";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import s from "./gate.module.css";
import { FormFailure, Gate } from "./gate.tsx";
import { PasswordField } from "./password-field.tsx";
import { SHORTEST_PASSWORD } from "./password-strength.ts";
import { noteSignedIn } from "./session.ts";
import { takeSetupToken } from "./setup-token.ts";
import { StrengthMeter } from "./strength-meter.tsx";

const words = auth.setup;

export function SetupPage() {
  const givenToken = useSetupToken();
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

/** Opening the printed link in a tab that shows this page already only changes the fragment. */
function useSetupToken(): string {
  const [token, setToken] = useState(takeSetupToken);
  useEffect(() => {
    const take = () => setToken(takeSetupToken());
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return token;
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

type Wrong = Partial<Record<keyof SetUp, string>>;

/** What the server would refuse anyway, said at once and beside the field. */
function findWrong(form: SetUp): Wrong {
  const missing = SHORTEST_PASSWORD - [...form.password].length;
  return {
    ...(form.setupToken ? {} : { setupToken: words.tokenMissing }),
    ...(form.name ? {} : { name: words.nameMissing }),
    ...(/^\S+@\S+\.\S+$/.test(form.email) ? {} : { email: words.emailMissing }),
    ...(missing > 0 ? { password: words.passwordShort(missing) } : {}),
  };
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
  const [form, setForm] = useState<SetUp>({
    setupToken: givenToken,
    email: "",
    name: "",
    password: "",
  });
  const [wrong, setWrong] = useState<Wrong>({});
  const field = (name: keyof SetUp) => ({
    name,
    value: form[name],
    error: wrong[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((before) => ({ ...before, [name]: value }));
      setWrong(({ [name]: _, ...others }) => others);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = findWrong(form);
    setWrong(found);
    const first = Object.keys(found)[0];
    if (first) event.currentTarget.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
    else setup.mutate({ ...form, name: form.name.trim(), email: form.email.trim() });
  };

  return (
    <form className={s.form} onSubmit={submit} noValidate>
      {givenToken === "" ? (
        <TextInput {...field("setupToken")} label={words.token} description={words.tokenHint} />
      ) : null}
      <TextInput
        {...field("name")}
        label={auth.name}
        description={words.nameHint}
        autoComplete="name"
        autoFocus
      />
      <TextInput
        {...field("email")}
        type="email"
        label={auth.email}
        autoComplete="username"
        spellCheck={false}
      />
      <div>
        <PasswordField {...field("password")} label={auth.password} autoComplete="new-password" />
        <StrengthMeter password={form.password} personal={[form.name, form.email]} />
      </div>
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
