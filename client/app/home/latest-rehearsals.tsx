import { Link } from "@tanstack/react-router";
import { useBandId } from "../frame/band.ts";
import { Section } from "../frame/screen.tsx";
import s from "../lists/lists.module.css";
import { RehearsalLink } from "../rehearsals/rehearsal-link.tsx";
import { useRehearsals } from "../rehearsals/rehearsals.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { home } from "../words/settings.ts";

const SHOWN = 3;

/** The last days on which the band has played; nothing where none is noted. */
export function LatestRehearsals() {
  const bandId = useBandId();
  const latest = useRehearsals(bandId).data?.pages[0]?.rehearsals.slice(0, SHOWN) ?? [];
  if (latest.length === 0) return null;
  return (
    <Section
      title={rehearsals.title}
      action={
        <Link to="/b/$bandId/rehearsals" params={{ bandId }}>
          {home.all}
        </Link>
      }
    >
      <ul className={s.list}>
        {latest.map((rehearsal) => (
          <li key={rehearsal.id}>
            <RehearsalLink rehearsal={rehearsal} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
