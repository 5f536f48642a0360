import { Link } from "@tanstack/react-router";
import { Line, Lines } from "../frame/lines.tsx";
import { shares } from "../words/shares.ts";
import type { Shareable } from "./dialog.ts";
import { useShares } from "./list.ts";
import { MoreShares } from "./more-shares.tsx";
import s from "./shares.module.css";

const words = shares.create;

interface LinksOfProps {
  readonly track: Shareable;
  /** Another screen opens. */
  readonly onLeave: () => void;
}

/** The links that a recording has already. Where it has none, nothing is said. */
export function LinksOf({ track: { id, bandId }, onLeave }: LinksOfProps) {
  const links = useShares(bandId, id);
  const all = links.data?.pages.flatMap((page) => page.shares) ?? [];
  if (all.length === 0) return null;
  return (
    <section className={s.existing} aria-label={words.existing}>
      <h3 className={s.existingTitle}>{words.existing}</h3>
      <Lines label={words.existing}>
        {all.map((share) => (
          <Line
            key={share.id}
            title={shares.heard(share)}
            tags={shares.tags(share)}
            more={shares.about(share)}
          />
        ))}
      </Lines>
      <MoreShares list={links} />
      <Link className={s.manage} to="/b/$bandId/shares" params={{ bandId }} onClick={onLeave}>
        {words.manage}
      </Link>
    </section>
  );
}
