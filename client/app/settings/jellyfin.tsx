import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { JellyfinCredentials, JellyfinName } from "#contract/jellyfin.ts";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { JellyfinFields, NO_CREDENTIALS, wrongCredentials } from "../auth/jellyfin-fields.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { sessionQuery } from "../auth/session.ts";
import { useFields } from "../auth/use-fields.ts";
import { Confirm } from "../frame/confirm.tsx";
import { jellyfin } from "../words/jellyfin.ts";
import { security } from "../words/security.ts";
import { Row } from "./row.tsx";
import s from "./settings.module.css";

const words = jellyfin.own;
const { link, unlink } = backline.api.account.jellyfin;

const refresh = () => {
  void queryClient.invalidateQueries({ queryKey: trpc.account.jellyfin.get.queryKey() });
  void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
  void refreshEvents();
};

/** The account at the media server; nothing where none is trusted. */
export function OwnJellyfin() {
  const { data } = useQuery(trpc.account.jellyfin.get.queryOptions());
  if (!data?.server) return null;
  return data.linkedAs === null ? (
    <NotLinked server={data.server} />
  ) : (
    <Linked server={data.server} name={data.linkedAs} />
  );
}

function NotLinked({ server }: { readonly server: JellyfinName }) {
  const [form, setForm] = useState<"new" | "open" | "closed">("new");
  if (form === "open") return <LinkForm server={server} onClose={() => setForm("closed")} />;
  return (
    <Row label={words.title(server)} hint={words.linkHint}>
      <Button
        variant="default"
        aria-label={words.linkTo(server)}
        onClick={() => setForm("open")}
        autoFocus={form === "closed"}
      >
        {words.link}
      </Button>
    </Row>
  );
}

interface LinkFormProps {
  readonly server: JellyfinName;
  readonly onClose: () => void;
}

function LinkForm({ server, onClose }: LinkFormProps) {
  const { withProof, dialog } = useReauthentication();
  const linking = useMutation({
    mutationFn: (credentials: JellyfinCredentials) => withProof(() => link.mutate(credentials)),
    onSuccess() {
      notifications.show({ message: words.linkDone });
      onClose();
    },
    onSettled: refresh,
  });
  const { field, submit } = useFields({
    initial: NO_CREDENTIALS,
    findWrong: wrongCredentials,
    onSubmit: (credentials) => linking.mutate(credentials),
  });
  return (
    <>
      <form className={s.form} onSubmit={submit} noValidate aria-label={words.linkTo(server)}>
        <div>{words.linkText(server)}</div>
        <JellyfinFields field={field} />
        <FormFailure>{linking.error ? sentenceOf(linking.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={linking.isPending}>
            {words.linkTo(server)}
          </Button>
          <Button variant="default" onClick={onClose}>
            {security.cancel}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}

interface LinkedProps {
  readonly server: JellyfinName;
  /** As they are called there. */
  readonly name: string;
}

function Linked({ server, name }: LinkedProps) {
  const [isAsked, setIsAsked] = useState(false);
  const { withProof, dialog } = useReauthentication();
  const unlinking = useMutation({
    mutationFn: () => withProof(() => unlink.mutate()),
    onSuccess() {
      setIsAsked(false);
      notifications.show({ message: words.unlinkDone });
    },
    onSettled: refresh,
  });
  const ask = () => {
    unlinking.reset();
    setIsAsked(true);
  };
  return (
    <>
      <Row label={words.title(server)} hint={words.linked(name)}>
        <Button variant="default" onClick={ask}>
          {words.unlink}
        </Button>
      </Row>
      <Confirm
        title={words.unlinkTitle(server)}
        texts={[words.unlinkText, words.unlinkKeeps]}
        confirm={words.unlink}
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        onConfirm={() => unlinking.mutate()}
        isPending={unlinking.isPending}
        error={unlinking.error}
      />
      {dialog}
    </>
  );
}
