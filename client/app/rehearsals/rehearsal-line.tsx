import { Link } from "@tanstack/react-router";
import type { Rehearsal } from "#contract/rehearsals.ts";
import s from "../playlists/playlists.module.css";
import { rehearsals } from "../words/rehearsals.ts";
import { RehearsalCover } from "./rehearsal-cover.tsx";

/** One of a list; it leads to its page. */
export const RehearsalLine = ({ rehearsal }: { readonly rehearsal: Rehearsal }) => (
  <Link
    className={s.line}
    to="/b/$bandId/rehearsals/$rehearsalId"
    params={{ bandId: rehearsal.bandId, rehearsalId: rehearsal.id }}
  >
    <RehearsalCover rehearsal={rehearsal} />
    <span className={s.text}>
      <span className={`${s.name} cut`}>{rehearsal.title}</span>
      <span className="soft cut times">
        {[
          rehearsals.heldOn(rehearsal.heldOn),
          rehearsals.facts(rehearsal.takeCount, rehearsal.durationMs),
        ].join(" · ")}
      </span>
    </span>
  </Link>
);
