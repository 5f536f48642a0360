import { Button, Skeleton } from "@mantine/core";
import { IconCloudOff, IconCloudPlus, IconPlus } from "@tabler/icons-react";
import { sentenceOf } from "../api.ts";
import { useBandId, useIsOwner } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { Screen } from "../frame/screen.tsx";
import { frame } from "../words/frame.ts";
import { storage } from "../words/storage.ts";
import { ConnectionCard } from "./connection-card.tsx";
import { useConnections } from "./connections.ts";
import s from "./storage.module.css";

export function StoragePage() {
  const bandId = useBandId();
  const isOwner = useIsOwner();
  const { data: connections } = useConnections(bandId);
  const hasSome = connections !== undefined && connections.length > 0;
  return (
    <Screen
      title={storage.title}
      action={
        isOwner && hasSome ? (
          <ButtonLink
            to="/b/$bandId/storage/add"
            params={{ bandId }}
            search={{}}
            leftSection={<IconPlus size={16} aria-hidden />}
          >
            {storage.add}
          </ButtonLink>
        ) : null
      }
    >
      <Connections />
    </Screen>
  );
}

function Connections() {
  const bandId = useBandId();
  const isOwner = useIsOwner();
  const { data: connections, error, refetch } = useConnections(bandId);
  if (connections === undefined) {
    if (!error) return <Skeleton height={212} radius="lg" />;
    return (
      <Blank
        isFailure
        icon={<IconCloudOff size={24} />}
        title={storage.failed}
        text={sentenceOf(error)}
      >
        <Button onClick={() => refetch()}>{frame.tryAgain}</Button>
      </Blank>
    );
  }
  if (connections.length === 0) {
    return (
      <Blank icon={<IconCloudPlus size={24} />} title={storage.none} text={storage.noneText}>
        {isOwner ? (
          <ButtonLink to="/b/$bandId/storage/add" params={{ bandId }} search={{}}>
            {storage.add}
          </ButtonLink>
        ) : null}
      </Blank>
    );
  }
  return (
    <div className={s.cards}>
      {connections.map((connection) => (
        <ConnectionCard key={connection.id} connection={connection} isOwner={isOwner} />
      ))}
    </div>
  );
}
