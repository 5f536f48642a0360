import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { SignIn } from "#contract/auth.ts";
import { trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { jellyfin } from "../words/jellyfin.ts";
import { EmailField } from "./account-fields.tsx";
import { CodeForm } from "./code-form.tsx";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";
import { JellyfinSignIn } from "./jellyfin-sign-in.tsx";
import { PasskeySignIn } from "./passkey-sign-in.tsx";
import { PasswordField } from "./password-field.tsx";
import { useSignInFailure } from "./sign-in-failure.ts";
import { useMaintenancePage } from "./under-maintenance.tsx";
import { useWelcome, type Welcome } from "./welcome.ts";

const words = auth.signIn;

export function SignInPage() {
  const { next, lost, changed } = useSearch({ strict: false });
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const [isElsewhere, setIsElsewhere] = useState(false);
  const [ticket, setTicket] = useState<string | null>(null);
  const [isLate, setIsLate] = useState(false);
  const begin = () => {
    setTicket(null);
    setIsLate(true);
  };
  const underMaintenance = useMaintenancePage();
  if (underMaintenance) return underMaintenance;
  if (ticket !== null) {
    return (
      <Gate title={auth.code.title} text={auth.code.text}>
        <CodeForm ticket={ticket} next={next} onLost={begin} />
      </Gate>
    );
  }
  if (isElsewhere && info?.jellyfin) {
    return (
      <JellyfinSignIn
        server={info.jellyfin}
        next={next}
        onTicket={setTicket}
        onBack={() => setIsElsewhere(false)}
      />
    );
  }
  const text = changed ? words.changed : lost ? words.lost : undefined;
  return (
    <Gate title={words.title} text={isLate ? auth.code.lost : text}>
      <SignInForm next={next} onTicket={setTicket} />
      {info?.jellyfin ? (
        <div className={s.otherWays}>
          <Button variant="default" size="lg" fullWidth onClick={() => setIsElsewhere(true)}>
            {jellyfin.signIn.with(info.jellyfin)}
          </Button>
        </div>
      ) : null}
      <Aside>
        <Link to="/forgot-password">{words.forgotten}</Link>
        {info && info.registration !== "closed" ? (
          <Link to="/register">{words.register}</Link>
        ) : null}
      </Aside>
    </Gate>
  );
}

function SignInForm(props: Welcome) {
  const signIn = useMutation(trpc.auth.signIn.mutationOptions({ onSuccess: useWelcome(props) }));
  const [wrong, setWrong] = useState<{ email?: string; password?: string }>({});
  const { wait, sentence } = useSignInFailure(signIn.error);

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
      <EmailField name="email" error={wrong.email} autoComplete="username webauthn" autoFocus />
      <PasswordField
        name="password"
        label={auth.password}
        autoComplete="current-password"
        error={wrong.password}
      />
      <Checkbox name="rememberMe" label={words.remember} description={words.rememberHint} />
      <FormFailure>{sentence}</FormFailure>
      <Button type="submit" size="lg" loading={signIn.isPending} disabled={wait > 0} fullWidth>
        {wait > 0 ? words.lockedButton(wait) : words.submit}
      </Button>
      <PasskeySignIn {...props} />
    </form>
  );
}

const toSignIn = (form: FormData): SignIn => ({
  email: String(form.get("email") ?? "").trim(),
  password: String(form.get("password") ?? ""),
  rememberMe: form.has("rememberMe"),
});
