import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconClockPause } from "@tabler/icons-react";
import type { Connection } from "#contract/connections.ts";
import { useIsOwner } from "../frame/band.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { storage } from "../words/storage.ts";
import s from "./storage.module.css";
import { useCheck } from "./use-check.ts";
import { usePause } from "./use-pause.ts";

/** How a connection is, in a sentence, with the button that helps. */
export function HealthLine({ connection }: { readonly connection: Connection }) {
  const { id, bandId, health, healthMessage, unavailableSince, rootPath } = connection;
  const isOwner = useIsOwner();
  const check = useCheck(connection);
  const { isResuming, resume } = usePause(connection);
  const since = unavailableSince ? ` ${storage.health.since(unavailableSince)}` : "";
  return (
    <div className={s.health} data-health={health}>
      <HealthIcon health={health} />
      <p>
        {healthMessage ?? storage.health[health]}
        {since}
        {watchOf(connection)}
      </p>
      {health === "needs_reconnect" ? (
        <ButtonLink
          to="/b/$bandId/storage/$connectionId/reconnect"
          params={{ bandId, connectionId: id }}
        >
          {storage.card.reconnectShort}
        </ButtonLink>
      ) : null}
      {health === "paused" && isOwner ? (
        <Button variant="default" loading={isResuming} onClick={resume}>
          {storage.card.resume}
        </Button>
      ) : null}
      {health === "unavailable" ? (
        <Button variant="default" loading={check.isPending} onClick={check.start}>
          {storage.card.checkAgain}
        </Button>
      ) : null}
      {health === "active" && rootPath === null ? (
        <ButtonLink
          to="/b/$bandId/storage/$connectionId/folder"
          params={{ bandId, connectionId: id }}
        >
          {storage.card.chooseRoot}
        </ButtonLink>
      ) : null}
    </div>
  );
}

/** Whether it is looked at by itself, and when it last was. */
function watchOf({ health, lookedAt }: Connection): string {
  if (lookedAt === null) return "";
  if (health === "active") return ` ${storage.health.watched(lookedAt)}`;
  return health === "unavailable" ? ` ${storage.health.triedAgain}` : "";
}

function HealthIcon({ health }: Pick<Connection, "health">) {
  switch (health) {
    case "active":
      return <IconCircleCheck size={18} stroke={1.8} aria-hidden />;
    case "needs_reconnect":
      return <IconAlertTriangle size={18} stroke={1.8} aria-hidden />;
    case "unavailable":
    case "paused":
      return <IconClockPause size={18} stroke={1.8} aria-hidden />;
  }
}
