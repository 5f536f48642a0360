import { Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { trpc } from "../api.ts";
import { NothingHere } from "../frame/broken.tsx";
import { Screen } from "../frame/screen.tsx";
import { isSignIn } from "../words/sign-ins.ts";
import { storage } from "../words/storage.ts";
import { hasForm } from "./connect-form.tsx";
import { ConnectStorage } from "./connect-storage.tsx";
import { noteConnection, useConnections } from "./connections.ts";
import { OAuthConnect } from "./oauth-connect.tsx";
import s from "./storage.module.css";

const words = storage.connect;

/** New access for the same storage; the library is kept. */
export function ReconnectPage() {
  const { bandId, connectionId } = useParams({
    from: "/b/$bandId/storage/$connectionId/reconnect",
  });
  const navigate = useNavigate();
  const connections = useConnections(bandId);
  const { data: offers } = useQuery(trpc.connections.providers.queryOptions());
  // Without it people type it all again, as they did the first time.
  const saved = useQuery(
    trpc.connections.savedForm.queryOptions({ connectionId }, { staleTime: 0, gcTime: 0 }),
  );
  const connection = connections.data?.find((each) => each.id === connectionId);
  const offer = offers?.find((each) => each.id === connection?.provider);
  if (connections.data && !connection) return <NothingHere />;
  return (
    <Screen title={words.reconnectTitle(connection?.name ?? "")}>
      <p className={s.lead}>{words.reconnectText}</p>
      {offer && isSignIn(offer.id) ? (
        <OAuthConnect provider={offer.id} connectionId={connectionId} />
      ) : offer && hasForm(offer) && connection && !saved.isPending ? (
        <ConnectStorage
          offer={offer}
          saved={saved.data}
          connectionId={connectionId}
          onConnected={(renewed) => {
            noteConnection(renewed);
            notifications.show({ message: storage.card.works(renewed.name) });
            void navigate({ to: "/b/$bandId/storage", params: { bandId } });
          }}
        />
      ) : (
        <Skeleton height={240} maw={480} />
      )}
    </Screen>
  );
}
