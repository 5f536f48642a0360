import { Button, Skeleton, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { JellyfinServer, SetJellyfin } from "#contract/jellyfin.ts";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { useFields } from "../auth/use-fields.ts";
import { Section } from "../frame/screen.tsx";
import { jellyfin } from "../words/jellyfin.ts";
import s from "./admin.module.css";
import { SwitchOff } from "./jellyfin-off.tsx";
import { ServerAddress } from "./server-address.tsx";

const words = jellyfin.admin;

function note(server: JellyfinServer | null): void {
  queryClient.setQueryData(trpc.admin.jellyfin.get.queryKey(), server);
  void queryClient.invalidateQueries({ queryKey: trpc.system.info.queryKey() });
  void refreshEvents();
}

/** Which media server's accounts can be used here. */
export function Jellyfin() {
  const { data: server, error } = useQuery(
    trpc.admin.jellyfin.get.queryOptions(undefined, { staleTime: 0 }),
  );
  return (
    <Section title={words.title}>
      <p className={s.note}>{words.text}</p>
      {server !== undefined ? (
        // The address as it is kept may be shorter than what was typed.
        <ServerForm key={server?.url} server={server} />
      ) : error ? (
        <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
      ) : (
        <Skeleton height={112} />
      )}
    </Section>
  );
}

function useSet() {
  const { withProof, dialog } = useReauthentication();
  const set = useMutation({
    mutationFn: (wish: SetJellyfin) =>
      withProof(() => backline.api.admin.jellyfin.set.mutate(wish)),
    onSuccess(server) {
      note(server);
      notifications.show({ message: words.saved(server) });
    },
  });
  return { set, dialog };
}

function ServerForm({ server }: { readonly server: JellyfinServer | null }) {
  const { set, dialog } = useSet();
  const [wish, setWish] = useState(false);
  const newUsers = set.isPending ? set.variables.newUsers : (server?.newUsers ?? wish);
  const { form, field, submit } = useFields({
    initial: { url: server?.url ?? "" },
    findWrong: ({ url }) => ({ url: url.trim() ? undefined : words.missingUrl }),
    onSubmit: ({ url }) => set.mutate({ url: url.trim(), newUsers }),
  });
  const choose = (isOn: boolean) => {
    if (server) set.mutate({ url: server.url, newUsers: isOn });
    else setWish(isOn);
  };
  const isSame = server !== null && form.url.trim() === server.url;
  return (
    <>
      <form className={s.server} onSubmit={submit} noValidate aria-label={words.title}>
        <ServerAddress
          {...field("url")}
          label={words.url}
          description={words.urlHint}
          plain={words.plain}
        />
        {server ? <p className={s.answer}>{words.answered(server)}</p> : null}
        <Switch
          label={words.newUsers}
          description={words.newUsersHint}
          checked={newUsers}
          disabled={set.isPending}
          onChange={(event) => choose(event.currentTarget.checked)}
        />
        <FormFailure>{set.error ? sentenceOf(set.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" variant={isSame ? "default" : "filled"} loading={set.isPending}>
            {isSame ? words.checkAgain : words.use}
          </Button>
          {server ? <SwitchOff server={server} onOff={() => note(null)} /> : null}
        </div>
      </form>
      {dialog}
    </>
  );
}
