import { IconPlaylist } from "@tabler/icons-react";
import type { Playlist } from "#contract/playlists.ts";
import { backline } from "../api.ts";
import s from "../lists/lists.module.css";

/** The covers of its first recordings, four or one. */
export function PlaylistCover({ covers }: Pick<Playlist, "covers">) {
  const shown = covers.length === 4 ? covers : covers.slice(0, 1);
  return (
    <span className={s.cover} data-count={shown.length}>
      {shown.length === 0 ? <IconPlaylist size={22} aria-hidden /> : null}
      {shown.map((track) => (
        <img
          key={track.id}
          src={backline.coverUrl(track, "small") ?? undefined}
          alt=""
          loading="lazy"
        />
      ))}
    </span>
  );
}
