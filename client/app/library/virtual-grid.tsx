import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import type { Pages } from "./use-pages.ts";
import s from "./views.module.css";

interface VirtualGridProps<Row> {
  readonly label: string;
  /** Band, view, search and order: where it was scrolled to is remembered by it. */
  readonly id: string;
  readonly pages: Pages<Row>;
  /** `null`: one column. */
  readonly leastWidth: number | null;
  /** Of a cell without its picture, in pixels; with one it is as high as it is wide and this. */
  readonly height: number;
  readonly isSquare: boolean;
  readonly keyOf: (row: Row) => string;
  readonly render: (row: Row) => ReactNode;
}

const GAP = 20;
const AHEAD = 40;
const offsets = new Map<string, number>();

/** Of a long list only what is visible exists; what has not come yet has its place already. */
export function VirtualGrid<Row>(props: VirtualGridProps<Row>) {
  const { label, id, pages, leastWidth, height, isSquare, keyOf, render } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sized, width } = useElementSize<HTMLDivElement>();
  const ref = useMergedRef(scroller, sized);
  const gap = leastWidth === null ? 0 : GAP;
  const columns =
    leastWidth === null ? 1 : Math.max(2, Math.floor((width + gap) / (leastWidth + gap)));
  const cell = (width - gap * (columns - 1)) / columns;
  const rowHeight = (isSquare ? cell : 0) + height + gap;
  const total = pages.total ?? 0;
  const lines = useVirtualizer({
    count: width === 0 ? 0 : Math.ceil(total / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
    initialOffset: offsets.get(id) ?? 0,
    onChange: ({ scrollOffset }) => void offsets.set(id, scrollOffset ?? 0),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width is another height
  useEffect(() => lines.measure(), [rowHeight]);
  const shown = lines.getVirtualItems();
  const last = ((shown.at(-1)?.index ?? -1) + 1) * columns;
  const wanted = Math.min(total - 1, last + AHEAD);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `want` is new with every page
  useEffect(() => pages.want(wanted), [wanted, pages.rows.length, pages.isLoading]);
  const places = shown.flatMap(({ index, start }) =>
    Array.from({ length: Math.min(columns, total - index * columns) }, (_, column) => ({
      at: index * columns + column,
      style: { top: start, left: column * (cell + gap), width: cell, height: rowHeight - gap },
    })),
  );
  return (
    <div ref={ref} className={s.scroller}>
      <ul className={s.grid} aria-label={label} style={{ height: lines.getTotalSize() }}>
        {places.map(({ at, style }) => {
          const row = pages.rows[at];
          return (
            <li
              key={row ? keyOf(row) : `bone ${at}`}
              className={s.cell}
              style={style}
              aria-setsize={total}
              aria-posinset={at + 1}
            >
              {row ? render(row) : <span className={s.bone} aria-hidden="true" />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
