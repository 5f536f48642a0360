import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { usePlayer } from "../playback/use-player.ts";
import { library } from "../words/library.ts";
import type { LibrarySearch } from "./list-query.ts";
import { RowMenu } from "./row-menu.tsx";
import { TableHead } from "./table-head.tsx";
import type { TrackListState } from "./track-list.ts";
import type { KeptList } from "./track-lists.ts";
import { type RowMark, rowId, SkeletonRow, TrackRow } from "./track-row.tsx";
import s from "./track-table.module.css";
import { useTableInput } from "./use-table-input.ts";

const HEAD_HEIGHT = 32;
const ROW_HEIGHT = 44;
const COMPACT_ROW_HEIGHT = 56;

/** Rows are asked for before they are seen. */
const AHEAD = 60;

/**
 * Rows are elements that are used again for other tracks: making new ones costs more than all the
 * rest of scrolling. There are more keys than rows that can be seen, so none is used twice at once.
 */
const POOL = 64;
const BIG_POOL = 512;

interface TrackTableProps {
  readonly kept: KeptList;
  readonly state: TrackListState;
  readonly search: LibrarySearch;
  readonly isCompact: boolean;
}

/** The list, of which only what is visible exists. */
export function TrackTable({ kept, state, search, isCompact }: TrackTableProps) {
  const scroller = useRef<HTMLTableElement>(null);
  const [activeIndex, setActiveIndex] = useState(kept.activeIndex);
  const total = state.total ?? 0;
  const top = isCompact ? 0 : HEAD_HEIGHT;
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isCompact ? COMPACT_ROW_HEIGHT : ROW_HEIGHT),
    overscan: 8,
    scrollMargin: top,
    scrollPaddingStart: top,
    // Going back finds the list where it was left.
    initialOffset: kept.scrollTop,
    onChange({ scrollOffset }) {
      kept.scrollTop = scrollOffset ?? 0;
    },
  });
  const items = rows.getVirtualItems();
  const markOf = useMarks();
  const keyOf = (index: number) => index % (items.length > POOL ? BIG_POOL : POOL);
  useWanted(kept, items.at(-1)?.index);

  const { handlers, menu, closeMenu } = useTableInput({
    kept,
    activeIndex,
    setActiveIndex(index) {
      kept.activeIndex = index;
      setActiveIndex(index);
      rows.scrollToIndex(index);
    },
    pageSize: Math.max(1, items.length - 16),
  });
  const picked = useSyncExternalStore(kept.selection.picked.subscribe, kept.selection.picked.get);
  const isActiveShown = items.some((item) => item.index === activeIndex);

  return (
    <>
      <table
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: arrow keys move in it, as in any grid
        role="grid"
        tabIndex={0}
        className={s.scroller}
        data-compact={isCompact || undefined}
        data-marks-row={isActiveShown || undefined}
        aria-label={library.table}
        aria-multiselectable="true"
        aria-rowcount={total + 1}
        aria-activedescendant={isActiveShown ? rowId(activeIndex) : undefined}
        {...handlers}
      >
        <thead>{isCompact ? null : <TableHead search={search} />}</thead>
        <tbody className={s.body} style={{ height: rows.getTotalSize() }}>
          {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a <tr> takes no focus */}
          <tr
            className={s.spacer}
            aria-hidden="true"
            style={{ height: (items[0]?.start ?? top) - top }}
          />
          {items.map(({ index }) => {
            const track = state.rows[index];
            return track ? (
              <TrackRow
                key={keyOf(index)}
                track={track}
                index={index}
                mark={markOf(track.id)}
                isActive={index === activeIndex}
                isSelected={picked.has(track.id)}
                isCompact={isCompact}
              />
            ) : (
              <SkeletonRow key={`bone ${keyOf(index)}`} />
            );
          })}
        </tbody>
      </table>
      <RowMenu menu={menu} selection={kept.selection} onClose={closeMenu} />
    </>
  );
}

function useMarks(): (trackId: string) => RowMark {
  const playingId = usePlayer((player) => player.track?.id);
  const isPlaying = usePlayer((player) => player.isPlaying);
  return (trackId) => (trackId === playingId ? (isPlaying ? "playing" : "paused") : "none");
}

function useWanted(kept: KeptList, lastIndex: number | undefined): void {
  useEffect(() => {
    if (lastIndex !== undefined) kept.list.want(lastIndex + AHEAD);
  }, [kept, lastIndex]);
}
