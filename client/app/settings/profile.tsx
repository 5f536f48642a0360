import type { Me } from "#contract/auth.ts";
import { Section } from "../frame/screen.tsx";
import { settings } from "../words/settings.ts";
import { Creator } from "./creator.tsx";
import { DateChoices } from "./date-style.tsx";
import { Email } from "./email.tsx";
import { Name } from "./name.tsx";
import { Picture } from "./picture.tsx";
import { Row } from "./row.tsx";

export const Profile = ({ user }: Pick<Me, "user">) => (
  <Section title={settings.profile}>
    <Picture user={user} />
    <Name user={user} />
    <Email user={user} />
    <DateChoices user={user} />
    <Row label={settings.role}>{settings.roles[user.role]}</Row>
    <Creator user={user} />
  </Section>
);
