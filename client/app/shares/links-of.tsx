import { Link } from "@tanstack/react-router";
import { Line, Lines } from "../frame/lines.tsx";
import { MorePages } from "../frame/more-pages.tsx";
import { shares } from "../words/shares.ts";
import { kindOf, type Shareable } from "./dialog.ts";
import { useShares } from "./list.ts";
import s from "./shares.module.css";

const words = shares.create;

interface LinksOfProps {
  readonly shared: Shareable;
  /** Another screen opens. */
  readonly onLeave: () => void;
}

/** The links that there are to it already. Where there are none, nothing is said. */
export function LinksOf({ shared: { bandId, target }, onLeave }: LinksOfProps) {
  const links = useShares(bandId, target);
  const all = links.data?.pages.flatMap((page) => page.shares) ?? [];
  if (all.length === 0) return null;
  const existing = words.existing[kindOf(target)];
  return (
    <section className={s.existing} aria-label={existing}>
      <h3 className={s.existingTitle}>{existing}</h3>
      <Lines label={existing}>
        {all.map((share) => (
          <Line
            key={share.id}
            title={shares.heard(share)}
            tags={shares.tags(share)}
            more={shares.about(share)}
          />
        ))}
      </Lines>
      <MorePages list={links} />
      <Link className={s.manage} to="/b/$bandId/shares" params={{ bandId }} onClick={onLeave}>
        {words.manage}
      </Link>
    </section>
  );
}
