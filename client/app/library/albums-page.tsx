import { NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Album } from "#contract/views.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { views } from "../words/views.ts";
import { AlbumCard } from "./album-card.tsx";
import { type Pages, usePages } from "./use-pages.ts";
import { ALBUM_SORTS, type ViewSearch } from "./view-query.ts";
import { FailedView, Find, NothingInView, ViewScreen } from "./view-screen.tsx";
import s from "./views.module.css";
import { VirtualGrid } from "./virtual-grid.tsx";

export function AlbumsPage() {
  const bandId = useBandId();
  const { q = "", sort = "artist" } = useSearch({ from: "/b/$bandId/library/albums" });
  const navigate = useNavigate({ from: "/b/$bandId/library/albums" });
  const direction = sort === "added" || sort === "year" ? "descending" : "ascending";
  const input = { bandId, search: q, sort, direction } as const;
  const pages = usePages<Album>(["albums", "list"], input, async (cursor) => {
    const { albums, ...page } = await backline.api.library.albums.list.query({ ...input, cursor });
    return { ...page, rows: albums };
  });
  const go = (next: ViewSearch, replace: boolean) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace });
  return (
    <ViewScreen
      title={views.names.albums}
      note={pages.total === null ? "" : views.counts.albums(pages.total)}
      actions={
        <>
          <Find q={q} onFind={(text) => go({ q: text }, true)} />
          <NativeSelect
            aria-label={views.sortAlbums}
            value={sort}
            data={ALBUM_SORTS.map((value) => ({ value, label: views.albumSorts[value] }))}
            onChange={(event) => go(parseSort(event.currentTarget.value), false)}
          />
        </>
      }
    >
      <Albums id={JSON.stringify(input)} q={q} pages={pages} />
    </ViewScreen>
  );
}

/** The usual order is said, too: it takes the place of another one. */
const parseSort = (value: string): ViewSearch => {
  const sort = ALBUM_SORTS.find((each) => each === value);
  return sort ? { sort } : {};
};

interface AlbumsProps {
  readonly id: string;
  readonly q: string;
  readonly pages: Pages<Album>;
}

function Albums({ id, q, pages }: AlbumsProps) {
  if (pages.total === null && pages.error) {
    return <FailedView error={pages.error} onRetry={pages.retry} />;
  }
  if (pages.total === null) return <LoadingGrid />;
  if (pages.total === 0 && q) {
    return <NothingInView title={views.noMatch(q)} text={views.noMatchText} />;
  }
  if (pages.total === 0) {
    return <NothingInView title={views.empty.albums} text={views.empty.albumsText} />;
  }
  return (
    <VirtualGrid
      key={id}
      id={id}
      label={views.names.albums}
      pages={pages}
      leastWidth={152}
      height={48}
      isSquare
      keyOf={(album) => album.id}
      render={(album) => <AlbumCard album={album} />}
    />
  );
}

const CARDS_OF_A_SCREEN = 18;

const LoadingGrid = () => (
  <div className={s.loading} aria-hidden="true">
    {Array.from({ length: CARDS_OF_A_SCREEN }, (_, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
      <span key={at} className={s.bone} />
    ))}
  </div>
);
