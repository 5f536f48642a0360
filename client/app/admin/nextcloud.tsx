import { Button, Skeleton, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AccountCloud, SetAccountCloud } from "#contract/nextcloud.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { PasswordField } from "../auth/password-field.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { useFields } from "../auth/use-fields.ts";
import { Confirm } from "../frame/confirm.tsx";
import { Section } from "../frame/screen.tsx";
import { accounts as words } from "../words/accounts.ts";
import s from "./admin.module.css";
import { cloudQuery, noteCloud } from "./cloud.ts";
import { CloudAccounts } from "./cloud-accounts.tsx";
import { ServerAddress } from "./server-address.tsx";

/** In which Nextcloud accounts are made for people, and which were. */
export function Nextcloud() {
  const { data: cloud, error } = useQuery(cloudQuery);
  const [isChanging, setIsChanging] = useState(false);
  return (
    <Section title={words.title}>
      <p className={s.note}>{words.text}</p>
      {cloud === undefined ? (
        error ? (
          <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
        ) : (
          <Skeleton height={112} />
        )
      ) : cloud === null || isChanging ? (
        <CloudForm cloud={cloud} onClose={() => setIsChanging(false)} />
      ) : (
        <InUse cloud={cloud} onChange={() => setIsChanging(true)} />
      )}
    </Section>
  );
}

function InUse({
  cloud,
  onChange,
}: {
  readonly cloud: AccountCloud;
  readonly onChange: () => void;
}) {
  return (
    <div className={s.cloud}>
      <p className={s.answer}>{words.answers(cloud)}</p>
      <div className={s.actions}>
        <Button variant="default" onClick={onChange}>
          {words.change}
        </Button>
        <StopUsing cloud={cloud} />
      </div>
      <CloudAccounts />
    </div>
  );
}

interface CloudFormProps {
  readonly cloud: AccountCloud | null;
  readonly onClose: () => void;
}

function CloudForm({ cloud, onClose }: CloudFormProps) {
  const { withProof, dialog } = useReauthentication();
  const set = useMutation({
    mutationFn: (wish: SetAccountCloud) =>
      withProof(() => backline.api.admin.nextcloud.set.mutate(wish)),
    onSuccess(now) {
      noteCloud(now);
      onClose();
      notifications.show({ message: words.saved(now) });
    },
  });
  const { field, submit } = useFields({
    initial: { url: cloud?.url ?? "", username: cloud?.username ?? "", password: "" },
    findWrong: ({ url, username, password }) => ({
      url: url.trim() ? undefined : words.missingUrl,
      username: username.trim() ? undefined : words.missingUsername,
      password: password ? undefined : words.missingPassword,
    }),
    onSubmit: (wish) => set.mutate(wish),
  });
  return (
    <>
      <form className={s.server} onSubmit={submit} noValidate aria-label={words.title}>
        <ServerAddress
          {...field("url")}
          label={words.url}
          description={words.urlHint}
          plain={words.plain}
        />
        <TextInput
          {...field("username")}
          label={words.username}
          autoComplete="off"
          spellCheck={false}
        />
        <PasswordField
          {...field("password")}
          label={words.password}
          description={words.passwordHint}
          autoComplete="off"
        />
        <FormFailure>{set.error ? sentenceOf(set.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={set.isPending}>
            {words.use}
          </Button>
          {cloud ? (
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
          ) : null}
        </div>
      </form>
      {dialog}
    </>
  );
}

function StopUsing({ cloud }: { readonly cloud: AccountCloud }) {
  const [isAsked, setIsAsked] = useState(false);
  const { withProof, dialog } = useReauthentication();
  const stop = useMutation({
    mutationFn: () => withProof(() => backline.api.admin.nextcloud.remove.mutate()),
    onSuccess() {
      setIsAsked(false);
      noteCloud(null);
      notifications.show({ message: words.offDone });
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setIsAsked(true)}>
        {words.off}
      </Button>
      <Confirm
        title={words.offTitle(cloud)}
        texts={[words.offText, words.offKeeps]}
        confirm={words.off}
        isHarmful
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        onConfirm={() => stop.mutate()}
        isPending={stop.isPending}
        error={stop.error}
      />
      {dialog}
    </>
  );
}
