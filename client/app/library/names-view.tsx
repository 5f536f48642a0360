import type { ReactNode } from "react";
import { views } from "../words/views.ts";
import type { Pages } from "./use-pages.ts";
import { FailedView, Find, NothingInView, ViewScreen } from "./view-screen.tsx";
import s from "./views.module.css";
import { VirtualGrid } from "./virtual-grid.tsx";

interface Named {
  readonly id: string;
  readonly name: string;
  readonly trackCount: number;
  readonly missingCount: number;
}

interface NamesViewProps<Row extends Named> {
  readonly view: "artists" | "genres";
  readonly q: string;
  readonly onFind: (q: string) => void;
  readonly id: string;
  readonly pages: Pages<Row>;
  readonly render: (row: Row) => ReactNode;
}

/** Artists and genres: a name to a line, with the number of its tracks. */
export function NamesView<Row extends Named>(props: NamesViewProps<Row>) {
  const { view, q, onFind, id, pages, render } = props;
  const nothing = { title: views.empty[view], text: views.empty[`${view}Text`] };
  const noMatch = { title: views.noMatch(q), text: views.noMatchText };
  return (
    <ViewScreen
      title={views.names[view]}
      note={pages.total === null ? "" : views.counts[view](pages.total)}
      actions={<Find q={q} onFind={onFind} />}
    >
      {pages.total === 0 ? (
        <NothingInView {...(q ? noMatch : nothing)} />
      ) : pages.total === null && pages.error ? (
        <FailedView error={pages.error} onRetry={pages.retry} />
      ) : pages.total === null ? (
        <div className={s.waiting} aria-hidden="true" />
      ) : (
        <VirtualGrid
          key={id}
          id={id}
          label={views.names[view]}
          pages={pages}
          leastWidth={null}
          height={48}
          isSquare={false}
          keyOf={(row) => row.id}
          render={render}
        />
      )}
    </ViewScreen>
  );
}

export const countsOf = ({ trackCount, missingCount }: Omit<Named, "id" | "name">): string =>
  missingCount > 0
    ? `${views.tracks(trackCount)} · ${views.missing(missingCount)}`
    : views.tracks(trackCount);

/** What stands in a line; its link is around it. */
export const NameLine = ({ row }: { readonly row: Omit<Named, "id"> }) => (
  <>
    <span className={s.name}>{row.name}</span>
    <span className={s.count}>{countsOf(row)}</span>
  </>
);
