import { EventList } from "../audit/event-list.tsx";
import { useOwnEvents } from "../audit/events.ts";
import { Section } from "../frame/screen.tsx";
import { audit } from "../words/audit.ts";
import { security } from "../words/security.ts";
import { ChangePassword } from "./change-password.tsx";
import { Devices } from "./devices.tsx";
import { Part } from "./row.tsx";
import { TwoFactor } from "./two-factor.tsx";

export const Security = () => (
  <Section title={security.title}>
    <ChangePassword />
    <TwoFactor />
    <Devices />
    <RecentActivity />
  </Section>
);

function RecentActivity() {
  const { title } = security.activity;
  const events = useOwnEvents();
  return (
    <Part title={title}>
      <EventList label={title} events={events} none={audit.none} />
    </Part>
  );
}
