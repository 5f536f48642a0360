import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Artist } from "#contract/views.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { NameLine, NamesView } from "./names-view.tsx";
import { usePages } from "./use-pages.ts";
import s from "./views.module.css";

export function ArtistsPage() {
  const bandId = useBandId();
  const { q = "" } = useSearch({ from: "/b/$bandId/library/artists" });
  const navigate = useNavigate({ from: "/b/$bandId/library/artists" });
  const input = { bandId, search: q };
  const pages = usePages<Artist>(["artists", "list"], input, async (cursor) => {
    const { artists, ...page } = await backline.api.library.artists.list.query({
      ...input,
      cursor,
    });
    return { ...page, rows: artists };
  });
  return (
    <NamesView
      view="artists"
      q={q}
      onFind={(text) => void navigate({ search: { q: text }, replace: true })}
      id={`artists ${JSON.stringify(input)}`}
      pages={pages}
      render={(row) => (
        <Link
          className={s.line}
          to="/b/$bandId/library/artists/$artistId"
          params={{ bandId, artistId: row.id }}
        >
          <NameLine row={row} />
        </Link>
      )}
    />
  );
}
