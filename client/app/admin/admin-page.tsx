import { Screen, Section } from "../frame/screen.tsx";
import { admin } from "../words/admin.ts";
import { maintenance } from "../words/maintenance.ts";
import { AuditLog } from "./audit-log.tsx";
import { Invitations } from "./invitations.tsx";
import { Jellyfin } from "./jellyfin.tsx";
import { EncryptionKeyList } from "./keys.tsx";
import { MaintenanceSwitch } from "./maintenance.tsx";
import { Nextcloud } from "./nextcloud.tsx";
import { People } from "./people.tsx";
import { Registration } from "./registration.tsx";

export const AdminPage = () => (
  <Screen title={admin.title}>
    <Section title={admin.registration.title}>
      <Registration />
    </Section>
    <Section title={admin.invitations.title}>
      <Invitations />
    </Section>
    <Jellyfin />
    <Nextcloud />
    <Section title={maintenance.title}>
      <MaintenanceSwitch />
    </Section>
    <Section title={admin.keys.title}>
      <EncryptionKeyList />
    </Section>
    <People />
    <AuditLog />
  </Screen>
);
