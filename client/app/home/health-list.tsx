import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Connection } from "#contract/connections.ts";
import { sentenceOf } from "../api.ts";
import { useBandId, useIsOwner } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";
import { storage } from "../words/storage.ts";
import s from "./home.module.css";

/** How each connection is, in a sentence, with the step that helps. */
export function HealthList() {
  const { data: connections, error } = useConnections(useBandId());
  if (connections === undefined) {
    return error ? <p className="soft">{sentenceOf(error)}</p> : <Skeleton height={40} />;
  }
  if (connections.length === 0) return <p className="soft">{storage.none}.</p>;
  return (
    <ul className={s.lines}>
      {connections.map((connection) => (
        <HealthEntry key={connection.id} connection={connection} />
      ))}
    </ul>
  );
}

function HealthEntry({ connection }: { readonly connection: Connection }) {
  const isOwner = useIsOwner();
  const { id, bandId, health, rootPath, name } = connection;
  const params = { bandId, connectionId: id };
  return (
    <li className={s.line}>
      <span className={s.dot} data-health={health} aria-hidden="true" />
      <span className={s.lineText}>{storage.sentence(connection)}</span>
      {isOwner && health === "needs_reconnect" ? (
        <Link to="/b/$bandId/storage/$connectionId/reconnect" params={params}>
          {storage.card.reconnect(name)}
        </Link>
      ) : null}
      {health === "unavailable" || health === "paused" ? (
        <Link to="/b/$bandId/storage" params={params}>
          {storage.card.see}
        </Link>
      ) : null}
      {isOwner && health === "active" && rootPath === null ? (
        <Link to="/b/$bandId/storage/$connectionId/folder" params={params}>
          {storage.card.chooseRoot}
        </Link>
      ) : null}
    </li>
  );
}
