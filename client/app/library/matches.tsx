import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { createLink, Link } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode } from "react";
import type { Matches as Found } from "#contract/search.ts";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { formatCalendarDay } from "../words/format.ts";
import { library } from "../words/library.ts";
import { AlbumCover, artistOf } from "./album-card.tsx";
import s from "./matches.module.css";

const words = library.matches;

/** What else is called as somebody searches, above the recordings that are found. */
export function Matches({ q }: { readonly q: string }) {
  const bandId = useBandId();
  const { data } = useQuery(
    trpc.library.search.queryOptions({ bandId, search: q }, { placeholderData: keepPreviousData }),
  );
  if (!data) return null;
  const groups = groupsOf(data, bandId).filter(({ links }) => links.length > 0);
  if (groups.length === 0) return null;
  return (
    <nav className={s.matches} aria-label={words.title}>
      {groups.map(({ title, links }) => (
        <div key={title} className={s.group}>
          <h2 className={s.title}>{title}</h2>
          <ul className={s.links}>{links}</ul>
        </div>
      ))}
    </nav>
  );
}

/** One that has no picture. */
const NamedLink = createLink(({ children, ...props }: AnchorHTMLAttributes<HTMLAnchorElement>) => (
  <li>
    <a {...props} className={s.link}>
      <span className="cut">{children}</span>
    </a>
  </li>
));

interface Group {
  readonly title: string;
  readonly links: readonly ReactNode[];
}

const groupsOf = (found: Found, bandId: Found["artists"][number]["bandId"]): Group[] => [
  {
    title: words.artists,
    links: found.artists.map(({ id, name }) => (
      <NamedLink
        key={id}
        to="/b/$bandId/library/artists/$artistId"
        params={{ bandId, artistId: id }}
      >
        {name}
      </NamedLink>
    )),
  },
  {
    title: words.albums,
    links: found.albums.map((album) => (
      <li key={album.id}>
        <Link
          className={s.link}
          to="/b/$bandId/library/albums/$albumId"
          params={{ bandId, albumId: album.id }}
        >
          <span className={s.cover}>
            <AlbumCover album={album} />
          </span>
          <span className="cut">{album.title}</span>
          <span className={`${s.by} cut`}>{artistOf(album)}</span>
        </Link>
      </li>
    )),
  },
  {
    title: words.genres,
    links: found.genres.map(({ id, name }) => (
      <NamedLink key={id} to="/b/$bandId/library/genres/$genreId" params={{ bandId, genreId: id }}>
        {name}
      </NamedLink>
    )),
  },
  {
    title: words.folders,
    links: found.folders.map(({ connectionId, path, name }) => (
      <NamedLink
        key={`${connectionId} ${path}`}
        to="/b/$bandId/library/folders"
        params={{ bandId }}
        search={{ connection: connectionId, path }}
        title={path}
      >
        {name}
      </NamedLink>
    )),
  },
  {
    title: words.playlists,
    links: found.playlists.map(({ id, name }) => (
      <NamedLink key={id} to="/b/$bandId/playlists/$playlistId" params={{ bandId, playlistId: id }}>
        {name}
      </NamedLink>
    )),
  },
  {
    title: words.rehearsals,
    links: found.rehearsals.map(({ id, title, heldOn }) => (
      <li key={id}>
        <Link
          className={s.link}
          to="/b/$bandId/rehearsals/$rehearsalId"
          params={{ bandId, rehearsalId: id }}
        >
          <span className="cut">{title}</span>
          <span className={`${s.by} cut`}>{formatCalendarDay(heldOn)}</span>
        </Link>
      </li>
    )),
  },
];
