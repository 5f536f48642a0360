import { Anchor, Button, Checkbox } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { JellyfinName } from "#contract/jellyfin.ts";
import { trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { jellyfin } from "../words/jellyfin.ts";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";
import { JellyfinFields, NO_CREDENTIALS, wrongCredentials } from "./jellyfin-fields.tsx";
import { useSignInFailure } from "./sign-in-failure.ts";
import { useFields } from "./use-fields.ts";
import { useWelcome, type Welcome } from "./welcome.ts";

const words = jellyfin.signIn;

interface JellyfinSignInProps extends Welcome {
  readonly server: JellyfinName;
  readonly onBack: () => void;
}

/** The screen for whoever signs in with an account of the media server. */
export function JellyfinSignIn({ server, onBack, ...welcome }: JellyfinSignInProps) {
  const [rememberMe, setRememberMe] = useState(false);
  const signIn = useMutation(
    trpc.auth.signInJellyfin.mutationOptions({ onSuccess: useWelcome(welcome) }),
  );
  const { wait, sentence } = useSignInFailure(signIn.error);
  const { field, submit } = useFields({
    initial: NO_CREDENTIALS,
    findWrong: wrongCredentials,
    onSubmit: (credentials) => signIn.mutate({ ...credentials, rememberMe }),
  });
  return (
    <Gate title={words.with(server)} text={words.text(server)}>
      <form className={s.form} onSubmit={submit} noValidate>
        <JellyfinFields field={field} />
        <Checkbox
          label={auth.signIn.remember}
          description={auth.signIn.rememberHint}
          checked={rememberMe}
          onChange={(event) => setRememberMe(event.currentTarget.checked)}
        />
        <FormFailure>{sentence}</FormFailure>
        <Button type="submit" size="lg" loading={signIn.isPending} disabled={wait > 0} fullWidth>
          {wait > 0 ? auth.signIn.lockedButton(wait) : words.submit}
        </Button>
      </form>
      <Aside>
        <Anchor component="button" type="button" onClick={onBack}>
          {words.otherWay}
        </Anchor>
      </Aside>
    </Gate>
  );
}
