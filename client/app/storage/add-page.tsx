import { Skeleton } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { trpc } from "../api.ts";
import { BackLink } from "../frame/back-link.tsx";
import { useBand, useBandId } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { Screen } from "../frame/screen.tsx";
import { isSignIn } from "../words/sign-ins.ts";
import { storage } from "../words/storage.ts";
import { hasForm } from "./connect-form.tsx";
import { ConnectStorage } from "./connect-storage.tsx";
import { noteConnection } from "./connections.ts";
import { OAuthConnect } from "./oauth-connect.tsx";
import { ProviderCards } from "./provider-cards.tsx";
import s from "./storage.module.css";

const words = storage.connect;

/** Choose a kind, fill in its form; the folder comes next. */
export function AddPage() {
  const bandId = useBandId();
  const band = useBand();
  const { provider } = useSearch({ from: "/b/$bandId/storage/add" });
  if (band && band.role !== "owner") {
    return (
      <Screen title={words.title}>
        <Blank icon={<IconLock size={24} />} title={words.title} text={storage.onlyOwners} />
      </Screen>
    );
  }
  return (
    <Screen title={provider ? words.title : storage.where.title}>
      {provider ? <ProviderForm /> : <ProviderCards bandId={bandId} />}
    </Screen>
  );
}

function ProviderForm() {
  const bandId = useBandId();
  const navigate = useNavigate();
  const { provider } = useSearch({ from: "/b/$bandId/storage/add" });
  const { data: offers } = useQuery(trpc.connections.providers.queryOptions());
  const offer = offers?.find((each) => each.id === provider);
  return (
    <>
      <p className={s.back}>
        <BackLink to="/b/$bandId/storage/add" params={{ bandId }} search={{}}>
          {words.back}
        </BackLink>
      </p>
      {offer && isSignIn(offer.id) ? <OAuthConnect provider={offer.id} /> : null}
      {offer === undefined ? <Skeleton height={240} maw={480} /> : null}
      {offer && hasForm(offer) ? (
        <ConnectStorage
          offer={offer}
          onConnected={(connection) => {
            noteConnection(connection);
            void navigate({
              to: "/b/$bandId/storage/$connectionId/folder",
              params: { bandId, connectionId: connection.id },
              replace: true,
            });
          }}
        />
      ) : null}
    </>
  );
}
