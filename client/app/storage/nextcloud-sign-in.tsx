import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import type { NextcloudLogin } from "#contract/nextcloud.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { nextcloud as words } from "../words/nextcloud.ts";
import type { ConnectFormProps } from "./connect-form.tsx";
import { NextcloudWait } from "./nextcloud-wait.tsx";
import s from "./storage.module.css";

interface NextcloudSignInProps extends ConnectFormProps {
  readonly url: string;
  readonly onUrl: (url: string) => void;
  readonly onOtherWay: () => void;
}

/** Asks for the address alone; the Nextcloud itself asks for the rest. */
export function NextcloudSignIn(props: NextcloudSignInProps) {
  const { connectionId, url, onUrl, onOtherWay, onConnected } = props;
  const bandId = useBandId();
  const [login, setLogin] = useState<NextcloudLogin | null>(null);
  const [isMissing, setMissing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const begin = useMutation({
    mutationFn: () => {
      const asked = { bandId, url: url.trim(), connectionId: connectionId ?? null };
      return backline.api.connections.beginNextcloudLogin.mutate(asked);
    },
    onSuccess: setLogin,
  });

  if (login) {
    return (
      <NextcloudWait
        key={login.loginId}
        login={login}
        onConnected={onConnected}
        onOver={() => setLogin(null)}
        onOtherWay={onOtherWay}
      />
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(url.trim() === "");
    if (url.trim() === "") field.current?.focus();
    else begin.mutate();
  };
  return (
    <form className={s.signIn} onSubmit={submit} noValidate aria-label={words.signIn}>
      <TextInput
        ref={field}
        name="url"
        label={words.address}
        description={words.addressHint}
        error={isMissing ? words.missing : undefined}
        value={url}
        onChange={(event) => onUrl(event.currentTarget.value)}
        inputMode="url"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoFocus
      />
      <p className="soft">{words.why}</p>
      <FormFailure>{begin.error ? sentenceOf(begin.error) : null}</FormFailure>
      <div className={s.signInActions}>
        <Button type="submit" size="lg" loading={begin.isPending}>
          {words.signIn}
        </Button>
        <Button variant="subtle" onClick={onOtherWay}>
          {words.otherWay}
        </Button>
        <output className="out-of-sight">{begin.isPending ? words.finding : ""}</output>
      </div>
    </form>
  );
}
