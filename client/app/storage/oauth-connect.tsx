import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { OAuthProviderId } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { signIns } from "../words/sign-ins.ts";
import { OAuthClientForm } from "./oauth-client-form.tsx";
import { ProviderIcon } from "./provider-icon.tsx";
import s from "./storage.module.css";

interface OAuthConnectProps {
  readonly provider: OAuthProviderId;
  /** Given: new access for this connection. */
  readonly connectionId?: ConnectionId;
}

/** A button that leads to the provider; where nobody has made a client for that yet, how to make one. */
export function OAuthConnect({ provider, connectionId }: OAuthConnectProps) {
  const bandId = useBandId();
  const { data: client, error } = useQuery(
    trpc.connections.oauthClient.queryOptions({ bandId, provider }),
  );
  if (error) return <FormFailure>{sentenceOf(error)}</FormFailure>;
  if (!client) return <Skeleton height={240} maw={480} />;
  const hasOwn = client.ownClientId !== null;
  return (
    <div>
      {client.isServerSet || hasOwn ? (
        <Leave provider={provider} connectionId={connectionId ?? null} />
      ) : null}
      {hasOwn || !client.isServerSet ? (
        <OAuthClientForm provider={provider} client={client} />
      ) : null}
    </div>
  );
}

interface LeaveProps {
  readonly provider: OAuthProviderId;
  readonly connectionId: ConnectionId | null;
}

function Leave({ provider, connectionId }: LeaveProps) {
  const words = signIns[provider];
  const bandId = useBandId();
  const begin = useMutation(
    trpc.connections.beginOAuth.mutationOptions({
      onSuccess: ({ authorizeUrl }) => window.location.assign(authorizeUrl),
    }),
  );
  const isLeaving = begin.isPending || begin.isSuccess;
  return (
    <div className={s.form}>
      <p className={s.lead}>{words.text}</p>
      <div>
        <Button
          size="lg"
          leftSection={<ProviderIcon provider={provider} size={18} />}
          loading={isLeaving}
          onClick={() => begin.mutate({ bandId, provider, connectionId })}
        >
          {connectionId ? words.reconnect : words.connect}
        </Button>
        <output className="out-of-sight">{isLeaving ? words.leaving : ""}</output>
      </div>
      <FormFailure>{begin.error ? sentenceOf(begin.error) : null}</FormFailure>
      <div className={s.notes}>
        {words.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </div>
    </div>
  );
}
