import { useQuery } from "@tanstack/react-query";
import { EventList } from "../audit/event-list.tsx";
import { useOwnEvents } from "../audit/events.ts";
import { sessionQuery } from "../auth/session.ts";
import { Section } from "../frame/screen.tsx";
import { audit } from "../words/audit.ts";
import { security } from "../words/security.ts";
import { ChangePassword } from "./change-password.tsx";
import { Devices } from "./devices.tsx";
import { OwnJellyfin } from "./jellyfin.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Part } from "./row.tsx";
import { TwoFactor } from "./two-factor.tsx";

export function Security() {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Section title={security.title}>
      {/* Without an address there is nothing to type a password to. */}
      {me?.user.email === null ? null : <ChangePassword />}
      <TwoFactor />
      <Passkeys />
      <OwnJellyfin />
      <Devices />
      <RecentActivity />
    </Section>
  );
}

function RecentActivity() {
  const { title } = security.activity;
  const events = useOwnEvents();
  return (
    <Part title={title}>
      <EventList label={title} events={events} none={audit.none} />
    </Part>
  );
}
