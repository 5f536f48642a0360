import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { SignIn } from "#contract/auth.ts";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { EmailField } from "./account-fields.tsx";
import { CodeForm } from "./code-form.tsx";
import { useCountdown } from "./countdown.ts";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";
import { toOwnPath } from "./next.ts";
import { PasswordField } from "./password-field.tsx";
import { noteSignedIn } from "./session.ts";

const words = auth.signIn;

export function SignInPage() {
  const { next, lost, changed } = useSearch({ strict: false });
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const [ticket, setTicket] = useState<string | null>(null);
  const [isLate, setIsLate] = useState(false);
  const begin = () => {
    setTicket(null);
    setIsLate(true);
  };
  if (ticket !== null) {
    return (
      <Gate title={auth.code.title} text={auth.code.text}>
        <CodeForm ticket={ticket} next={next} onLost={begin} />
      </Gate>
    );
  }
  const text = changed ? words.changed : lost ? words.lost : undefined;
  return (
    <Gate title={words.title} text={isLate ? auth.code.lost : text}>
      <SignInForm next={next} onTicket={setTicket} />
      <Aside>
        <Link to="/forgot-password">{words.forgotten}</Link>
        {info && info.registration !== "closed" ? (
          <Link to="/register">{words.register}</Link>
        ) : null}
      </Aside>
    </Gate>
  );
}

interface SignInFormProps {
  readonly next: string | undefined;
  /** The password was right, and a second factor is owed. */
  readonly onTicket: (ticket: string) => void;
}

function useSignIn({ next, onTicket }: SignInFormProps) {
  const router = useRouter();
  return useMutation(
    trpc.auth.signIn.mutationOptions({
      onSuccess(result) {
        if (result.status === "second_factor") {
          onTicket(result.ticket);
          return;
        }
        noteSignedIn(result.me);
        router.history.push(toOwnPath(next) ?? "/");
      },
    }),
  );
}

function SignInForm(props: SignInFormProps) {
  const signIn = useSignIn(props);
  const [wrong, setWrong] = useState<{ email?: string; password?: string }>({});
  const refusal = refusalOf(signIn.error);
  const wait = useCountdown(
    refusal?.code === "rate_limited" ? (refusal.retryAfterSeconds ?? 30) : 0,
    signIn.error,
  );

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = toSignIn(new FormData(event.currentTarget));
    const missing = {
      ...(form.email ? {} : { email: words.missingEmail }),
      ...(form.password ? {} : { password: words.missingPassword }),
    };
    setWrong(missing);
    const first = Object.keys(missing)[0];
    if (first) event.currentTarget.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
    else signIn.mutate(form);
  };

  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <EmailField name="email" error={wrong.email} autoFocus />
      <PasswordField
        name="password"
        label={auth.password}
        autoComplete="current-password"
        error={wrong.password}
      />
      <Checkbox name="rememberMe" label={words.remember} description={words.rememberHint} />
      <FormFailure>{describe(signIn.error, wait)}</FormFailure>
      <Button type="submit" size="lg" loading={signIn.isPending} disabled={wait > 0} fullWidth>
        {wait > 0 ? words.lockedButton(wait) : words.submit}
      </Button>
    </form>
  );
}

function describe(error: unknown, wait: number): string | null {
  if (wait > 0) return words.locked(wait);
  // A wait that is over is no failure any more.
  if (!error || refusalOf(error)?.code === "rate_limited") return null;
  return sentenceOf(error);
}

const toSignIn = (form: FormData): SignIn => ({
  email: String(form.get("email") ?? "").trim(),
  password: String(form.get("password") ?? ""),
  rememberMe: form.has("rememberMe"),
});
