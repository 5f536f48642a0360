import { Link } from "@tanstack/react-router";
import type { Album } from "#contract/views.ts";
import { backline } from "../api.ts";
import { views } from "../words/views.ts";
import { Cover } from "./cover.tsx";
import s from "./views.module.css";

export const artistOf = ({ artist, isCompilation }: Album): string =>
  artist ?? (isCompilation ? views.variousArtists : views.unknownArtist);

export function AlbumCover({ album, label }: { readonly album: Album; readonly label?: string }) {
  const { coverTrackId: id, coverHash, title } = album;
  const url = id && coverHash ? backline.coverUrl({ id, coverHash }, "large") : null;
  const shown = { id: id ?? ("" as never), coverHash, album: title, title };
  return <Cover track={shown} url={url} size="large" {...(label ? { label } : {})} />;
}

export function AlbumCard({ album }: { readonly album: Album }) {
  const by = artistOf(album);
  return (
    <Link
      className={s.card}
      to="/b/$bandId/library/albums/$albumId"
      params={{ bandId: album.bandId, albumId: album.id }}
    >
      <span className={s.square} data-gone={album.trackCount === 0 || undefined}>
        <AlbumCover album={album} />
      </span>
      <span className={s.name}>{album.title}</span>
      <span className={s.by}>{album.year === null ? by : `${by} · ${album.year}`}</span>
    </Link>
  );
}
