import { Link } from "@tanstack/react-router";
import type { Share } from "#contract/shares.ts";
import { Tag } from "../frame/lines.tsx";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { shares } from "../words/shares.ts";
import { ShareMenu } from "./share-menu.tsx";
import s from "./shares.module.css";

/** One public link: where it leads, how it does, and what can be done about it. */
export const ShareLine = ({ share }: { readonly share: Share }) => {
  const { bandId, trackId, title, artist, coverHash, state } = share;
  return (
    <li className={s.line} data-state={state}>
      <span className={s.cover}>
        <Cover track={{ id: trackId, coverHash, title, album: null }} size="small" />
      </span>
      <div className={s.about}>
        <div className={s.head}>
          <Link className={s.title} to="/b/$bandId/tracks/$trackId" params={{ bandId, trackId }}>
            {title}
          </Link>
          <span className="soft">{artist ?? library.unknownArtist}</span>
          {shares.tags(share).map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
        </div>
        <div className="times">{shares.heard(share)}</div>
        <div className={`${s.small} times`}>{shares.about(share)}</div>
      </div>
      <ShareMenu share={share} />
    </li>
  );
};
