import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Genre } from "#contract/views.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { NameLine, NamesView } from "./names-view.tsx";
import { usePages } from "./use-pages.ts";
import s from "./views.module.css";

export function GenresPage() {
  const bandId = useBandId();
  const { q = "" } = useSearch({ from: "/b/$bandId/library/genres" });
  const navigate = useNavigate({ from: "/b/$bandId/library/genres" });
  const input = { bandId, search: q };
  const pages = usePages<Genre>(["genres", "list"], input, async (cursor) => {
    const { genres, ...page } = await backline.api.library.genres.list.query({ ...input, cursor });
    return { ...page, rows: genres };
  });
  return (
    <NamesView
      view="genres"
      q={q}
      onFind={(text) => void navigate({ search: { q: text }, replace: true })}
      id={`genres ${JSON.stringify(input)}`}
      pages={pages}
      render={(row) => (
        <Link
          className={s.line}
          to="/b/$bandId/library/genres/$genreId"
          params={{ bandId, genreId: row.id }}
        >
          <NameLine row={row} />
        </Link>
      )}
    />
  );
}
