import { useBandId, useIsOwner } from "../frame/band.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { useConnections } from "../storage/connections.ts";
import { storage } from "../words/storage.ts";
import s from "./library.module.css";

/** Which storages do not give out their recordings now, above the tracks that are kept. */
export function AbsentStorages() {
  const bandId = useBandId();
  const isOwner = useIsOwner();
  const { data: connections = [] } = useConnections(bandId);
  const absent = connections.filter(({ health }) => health !== "active");
  return absent.map((connection) => (
    <output key={connection.id} className={s.news}>
      <span>{storage.sentence(connection)}</span>
      {isOwner && connection.health === "needs_reconnect" ? (
        <ButtonLink
          variant="default"
          size="compact-sm"
          to="/b/$bandId/storage/$connectionId/reconnect"
          params={{ bandId, connectionId: connection.id }}
        >
          {storage.card.reconnectShort}
        </ButtonLink>
      ) : (
        <ButtonLink variant="default" size="compact-sm" to="/b/$bandId/storage" params={{ bandId }}>
          {storage.card.see}
        </ButtonLink>
      )}
    </output>
  ));
}
