import { Link } from "@tanstack/react-router";
import type { TrackId } from "#contract/ids.ts";
import type { Share } from "#contract/shares.ts";
import { Tag } from "../frame/lines.tsx";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { shares } from "../words/shares.ts";
import { ShareMenu } from "./share-menu.tsx";
import s from "./shares.module.css";

/** Nothing is asked for by it, as there is no cover. */
const NO_TRACK = "" as TrackId;

/** One public link: where it leads, how it does, and what can be done about it. */
export const ShareLine = ({ share }: { readonly share: Share }) => {
  const { title, artist, cover, state } = share;
  return (
    <li className={s.line} data-state={state}>
      <span className={s.cover}>
        <Cover
          track={{
            id: cover?.id ?? NO_TRACK,
            coverHash: cover?.coverHash ?? null,
            title,
            album: null,
          }}
          size="small"
        />
      </span>
      <div className={s.about}>
        <div className={s.head}>
          <Target share={share} />
          <span className="soft">
            {share.kind === "track" ? (artist ?? library.unknownArtist) : shares.of(share)}
          </span>
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

function Target({ share: { bandId, title, ...share } }: { readonly share: Share }) {
  const { trackId, playlistId, rehearsalId } = share;
  if (trackId !== null) {
    return (
      <Link className={s.title} to="/b/$bandId/tracks/$trackId" params={{ bandId, trackId }}>
        {title}
      </Link>
    );
  }
  if (playlistId !== null) {
    return (
      <Link
        className={s.title}
        to="/b/$bandId/playlists/$playlistId"
        params={{ bandId, playlistId }}
      >
        {title}
      </Link>
    );
  }
  return rehearsalId === null ? null : (
    <Link
      className={s.title}
      to="/b/$bandId/rehearsals/$rehearsalId"
      params={{ bandId, rehearsalId }}
    >
      {title}
    </Link>
  );
}
