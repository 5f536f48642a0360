import { useBandId, useIsOwner } from "../frame/band.ts";
import { Screen, Section } from "../frame/screen.tsx";
import { useConnections } from "../storage/connections.ts";
import { ProviderCards } from "../storage/provider-cards.tsx";
import { frame } from "../words/frame.ts";
import { home } from "../words/settings.ts";
import { storage } from "../words/storage.ts";
import { HealthList } from "./health-list.tsx";
import { HeardLast } from "./heard-last.tsx";
import { LatestRehearsals } from "./latest-rehearsals.tsx";
import { Newest } from "./newest.tsx";
import { Shortcuts } from "./shortcuts.tsx";

/** What is new, how the storage is, and where to go from here. */
export function HomePage() {
  const bandId = useBandId();
  const isOwner = useIsOwner();
  const { data: connections } = useConnections(bandId);
  if (connections?.length === 0 && isOwner) {
    return (
      <Screen title={storage.where.title} note={storage.where.text}>
        <ProviderCards bandId={bandId} />
      </Screen>
    );
  }
  return (
    <Screen title={frame.home}>
      <HeardLast />
      <Newest />
      <Section title={home.storage}>
        <HealthList />
      </Section>
      <Section title={home.shortcuts}>
        <Shortcuts />
      </Section>
      <LatestRehearsals />
    </Screen>
  );
}
