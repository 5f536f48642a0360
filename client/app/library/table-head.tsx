import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { TrackSort } from "#contract/library.ts";
import { library } from "../words/library.ts";
import { directionOf, type LibrarySearch, sortBy, sortOf } from "./list-query.ts";
import s from "./track-table.module.css";

const words = library.columns;

/** The header row: each name sorts, and the address says by what. */
export function TableHead({ search }: { readonly search: LibrarySearch }) {
  return (
    <tr aria-rowindex={1} className={s.head}>
      <Plain label={words.position} />
      <Plain label={words.cover} />
      <Sortable sort="title" search={search} />
      <Sortable sort="artist" search={search} />
      <Sortable sort="album" search={search} />
      <Sortable sort="added" search={search} className={s.added} />
      <Sortable sort="duration" search={search} className={s.end} />
      <Plain label={words.more} />
    </tr>
  );
}

const Plain = ({ label }: { readonly label: string }) => (
  <th scope="col">
    <span className="out-of-sight">{label}</span>
  </th>
);

interface SortableProps {
  readonly sort: TrackSort;
  readonly search: LibrarySearch;
  readonly className?: string | undefined;
}

function Sortable({ sort, search, className }: SortableProps) {
  const navigate = useNavigate({ from: "/b/$bandId/library" });
  const isSorted = sortOf(search) === sort;
  const direction = directionOf(search);
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" aria-sort={isSorted ? direction : "none"} className={className}>
      <button
        type="button"
        className={s.sort}
        onClick={() => void navigate({ search: sortBy(search, sort), replace: true })}
      >
        {words[sort]}
        {isSorted ? <Arrow size={14} aria-hidden /> : null}
      </button>
    </th>
  );
}
