import { Button, CopyButton, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { OAuthProviderId } from "#contract/connections.ts";
import type { OAuthClient } from "#contract/oauth.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { PasswordField } from "../auth/password-field.tsx";
import { useBandId } from "../frame/band.ts";
import { signIns } from "../words/sign-ins.ts";
import s from "./storage.module.css";

function useSaveClient(provider: OAuthProviderId) {
  const bandId = useBandId();
  const asked = { bandId, provider };
  const save = useMutation(
    trpc.connections.saveOAuthClient.mutationOptions({
      onSuccess: (saved) =>
        queryClient.setQueryData(trpc.connections.oauthClient.queryKey(asked), saved),
    }),
  );
  return { save, asked };
}

interface OAuthClientFormProps {
  readonly provider: OAuthProviderId;
  readonly client: OAuthClient;
}

/** Where a band makes itself known to a provider, step by step; or which client it has. */
export function OAuthClientForm({ provider, client }: OAuthClientFormProps) {
  const { save, asked } = useSaveClient(provider);
  const words = signIns[provider].client;
  const [missing, setMissing] = useState<readonly string[]>([]);
  if (client.ownClientId !== null) {
    return (
      <div>
        <p>{words.saved(client.ownClientId)}</p>
        <Button
          variant="default"
          loading={save.isPending}
          onClick={() => save.mutate({ ...asked, client: null })}
        >
          {words.remove}
        </Button>
        <FormFailure>{save.error ? sentenceOf(save.error) : null}</FormFailure>
      </div>
    );
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const given = { clientId: text("clientId"), clientSecret: text("clientSecret") };
    const empty = Object.entries(given).flatMap(([name, value]) => (value === "" ? [name] : []));
    setMissing(empty);
    if (empty[0]) event.currentTarget.querySelector<HTMLElement>(`[name=${empty[0]}]`)?.focus();
    else save.mutate({ ...asked, client: given });
  };
  const errorOf = (name: string) => (missing.includes(name) ? words.missing : undefined);
  return (
    <div className={s.withHelp}>
      <form className={s.form} onSubmit={submit} noValidate aria-label={words.titleOwn}>
        <TextInput
          name="clientId"
          label={words.clientId}
          error={errorOf("clientId")}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
        />
        <PasswordField
          name="clientSecret"
          label={words.clientSecret}
          description={words.secretHint}
          error={errorOf("clientSecret")}
          autoComplete="off"
        />
        <FormFailure>{save.error ? sentenceOf(save.error) : null}</FormFailure>
        <div>
          <Button type="submit" size="lg" loading={save.isPending}>
            {words.save}
          </Button>
        </div>
      </form>
      <Steps words={words} redirectUri={client.redirectUri} />
    </div>
  );
}

interface StepsProps extends Pick<OAuthClient, "redirectUri"> {
  readonly words: (typeof signIns)[OAuthProviderId]["client"];
}

const Steps = ({ words, redirectUri }: StepsProps) => (
  <aside className={s.help} aria-label={words.title}>
    <h2 className={s.helpTitle}>{words.title}</h2>
    <p>{words.text}</p>
    <ol className={s.steps}>
      {words.steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
    <TextInput
      label={words.redirectUri}
      value={redirectUri}
      readOnly
      rightSectionWidth={80}
      rightSection={
        <CopyButton value={redirectUri}>
          {({ copied, copy }) => (
            <Button variant="subtle" size="compact-sm" onClick={copy}>
              {copied ? words.copied : words.copy}
            </Button>
          )}
        </CopyButton>
      }
    />
  </aside>
);
