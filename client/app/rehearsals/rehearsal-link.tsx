import { Link } from "@tanstack/react-router";
import type { Rehearsal } from "#contract/rehearsals.ts";
import { ListLine } from "../lists/list-line.tsx";
import s from "../lists/lists.module.css";
import { rehearsals } from "../words/rehearsals.ts";
import { RehearsalCover } from "./rehearsal-cover.tsx";

/** One of a list; it leads to its page. */
export const RehearsalLink = ({ rehearsal }: { readonly rehearsal: Rehearsal }) => (
  <Link
    className={s.line}
    to="/b/$bandId/rehearsals/$rehearsalId"
    params={{ bandId: rehearsal.bandId, rehearsalId: rehearsal.id }}
  >
    <ListLine
      cover={<RehearsalCover rehearsal={rehearsal} />}
      name={rehearsal.title}
      facts={[
        rehearsals.heldOn(rehearsal.heldOn),
        rehearsals.facts(rehearsal.takeCount, rehearsal.durationMs),
      ].join(" · ")}
    />
  </Link>
);
