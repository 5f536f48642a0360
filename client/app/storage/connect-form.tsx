import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type {
  ConnectForm as ConnectFormValues,
  Connection,
  ProviderOffer,
  SavedForm,
} from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { storage } from "../words/storage.ts";
import { FolderFields, WebdavFields } from "./connect-fields.tsx";
import { ConnectHelp } from "./connect-help.tsx";
import { JellyfinFields } from "./jellyfin-fields.tsx";
import { NextcloudHelp } from "./nextcloud-help.tsx";
import { S3Fields } from "./s3-fields.tsx";
import s from "./storage.module.css";

const words = storage.connect;

/** A kind of storage that has a form. */
export type FormOffer = ProviderOffer & { readonly id: ConnectFormValues["provider"] };

export const hasForm = (offer: ProviderOffer): offer is FormOffer => offer.way === "form";

export interface ConnectFormProps {
  readonly offer: FormOffer;
  /** Given: new access for this connection. */
  readonly connectionId?: ConnectionId;
  /** What it was connected with; only the secret is left to type. */
  readonly saved?: SavedForm | undefined;
  readonly onConnected: (connection: Connection) => void;
}

function useConnect({ connectionId, onConnected }: ConnectFormProps) {
  const bandId = useBandId();
  return useMutation({
    mutationFn: (form: ConnectFormValues) =>
      connectionId
        ? backline.api.connections.reconnect.mutate({ connectionId, form })
        : backline.api.connections.create.mutate({ bandId, form }),
    onSuccess: onConnected,
  });
}

/** The server knows what to do without. */
const canBeEmpty: ReadonlySet<string> = new Set(["region", "sessionToken"]);

interface TypedUrl {
  /** WebDAV only: the address as far as it is typed. */
  readonly url?: string;
  readonly onUrl?: (url: string) => void;
}

const nobody = (): void => {};

/** The form of a kind of storage; what it refuses is said beside it. */
export function ConnectForm(props: ConnectFormProps & TypedUrl) {
  const { offer, connectionId, saved, url = "", onUrl = nobody } = props;
  const connect = useConnect(props);
  const [missing, setMissing] = useState<readonly string[]>([]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = toForm(offer.id, new FormData(event.currentTarget));
    const empty = Object.entries(form).flatMap(([name, value]) =>
      value === "" && !canBeEmpty.has(name) ? [name] : [],
    );
    setMissing(empty);
    if (empty[0]) event.currentTarget.querySelector<HTMLElement>(`[name=${empty[0]}]`)?.focus();
    else connect.mutate(form);
  };
  const errorOf = (name: string) => (missing.includes(name) ? words.missing : undefined);

  return (
    <div className={s.withHelp}>
      <form className={s.form} onSubmit={submit} noValidate aria-label={offer.name}>
        {offer.id === "folder" ? (
          <FolderFields roots={offer.roots} saved={saved} errorOf={errorOf} />
        ) : null}
        {offer.id === "webdav" ? (
          <WebdavFields url={url} onUrl={onUrl} saved={saved} errorOf={errorOf} />
        ) : null}
        {offer.id === "s3" ? <S3Fields saved={saved} errorOf={errorOf} /> : null}
        {offer.id === "jellyfin" ? <JellyfinFields saved={saved} errorOf={errorOf} /> : null}
        <FormFailure>{connect.error ? sentenceOf(connect.error) : null}</FormFailure>
        <div>
          <Button type="submit" size="lg" loading={connect.isPending}>
            {connectionId ? words.submitAgain : words.submit}
          </Button>
          <output className="out-of-sight">{connect.isPending ? words.trying : ""}</output>
        </div>
      </form>
      {offer.id === "webdav" ? <NextcloudHelp url={url} /> : null}
      {offer.id === "s3" ? <ConnectHelp help={words.s3.help} /> : null}
      {offer.id === "jellyfin" ? <ConnectHelp help={words.jellyfin.help} /> : null}
    </div>
  );
}

function toForm(provider: ConnectFormValues["provider"], form: FormData): ConnectFormValues {
  const text = (name: string) => String(form.get(name) ?? "");
  switch (provider) {
    case "folder":
      return { provider, folder: text("folder").trim() };
    case "webdav":
      return {
        provider,
        url: text("url").trim(),
        username: text("username").trim(),
        password: text("password"),
      };
    case "s3":
      return {
        provider,
        endpoint: text("endpoint").trim(),
        region: text("region").trim(),
        bucket: text("bucket").trim(),
        accessKeyId: text("accessKeyId").trim(),
        secretAccessKey: text("secretAccessKey").trim(),
        sessionToken: text("sessionToken").trim() || undefined,
        pathStyle: text("pathStyle") === "auto" ? "auto" : text("pathStyle") === "path",
      };
    case "jellyfin": {
      const url = text("url").trim();
      return text("access") === "key"
        ? { provider, access: "key", url, apiKey: text("apiKey").trim() }
        : {
            provider,
            access: "password",
            url,
            username: text("username").trim(),
            password: text("password"),
          };
    }
  }
}
