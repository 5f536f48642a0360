import { useBandId } from "../frame/band.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { Section } from "../frame/screen.tsx";
import { leaving } from "../words/leaving.ts";
import { Exports } from "./exports.tsx";
import { Row } from "./row.tsx";

/** What somebody can take along, and the way out. */
export function YourData() {
  const bandId = useBandId();
  const words = leaving.account;
  return (
    <Section title={leaving.title}>
      <Exports />
      <Row label={words.label} hint={words.hint}>
        <ButtonLink variant="default" to="/b/$bandId/settings/delete-account" params={{ bandId }}>
          {words.look}
        </ButtonLink>
      </Row>
    </Section>
  );
}
