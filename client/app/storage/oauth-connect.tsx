import { Button, Skeleton } from "@mantine/core";
import { IconBrandGoogleDrive } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ConnectionId } from "#contract/ids.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { google as words } from "../words/google.ts";
import { OAuthClientForm } from "./oauth-client-form.tsx";
import s from "./storage.module.css";

interface OAuthConnectProps {
  /** Given: new access for this connection. */
  readonly connectionId?: ConnectionId;
}

/** A button that leads to Google; where nobody has made a client for that yet, how to make one. */
export function OAuthConnect({ connectionId }: OAuthConnectProps) {
  const bandId = useBandId();
  const { data: client, error } = useQuery(
    trpc.connections.oauthClient.queryOptions({ bandId, provider: "google-drive" }),
  );
  if (error) return <FormFailure>{sentenceOf(error)}</FormFailure>;
  if (!client) return <Skeleton height={240} maw={480} />;
  const hasOwn = client.ownClientId !== null;
  return (
    <div>
      {client.isServerSet || hasOwn ? <Leave connectionId={connectionId ?? null} /> : null}
      {hasOwn || !client.isServerSet ? <OAuthClientForm client={client} /> : null}
    </div>
  );
}

function Leave({ connectionId }: { readonly connectionId: ConnectionId | null }) {
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
          leftSection={<IconBrandGoogleDrive size={18} aria-hidden />}
          loading={isLeaving}
          onClick={() => begin.mutate({ bandId, provider: "google-drive", connectionId })}
        >
          {connectionId ? words.reconnect : words.connect}
        </Button>
        <output className="out-of-sight">{isLeaving ? words.leaving : ""}</output>
      </div>
      <FormFailure>{begin.error ? sentenceOf(begin.error) : null}</FormFailure>
      <p>{words.unverified}</p>
      <p>{words.sevenDays}</p>
    </div>
  );
}
