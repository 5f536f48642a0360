import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, useState } from "react";
import type { Track } from "#contract/library.ts";
import { useBandId } from "../frame/band.ts";
import { singleKeys } from "../settings/preferences.ts";
import { playFrom, toggleFrom } from "./play.ts";
import type { Selection } from "./selection.ts";
import type { KeptList } from "./track-lists.ts";
import { rowId } from "./track-row.tsx";

export interface OpenMenu {
  readonly track: Track;
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

interface TableInput {
  readonly kept: KeptList;
  readonly activeIndex: number;
  readonly setActiveIndex: (index: number) => void;
  /** How far Page Up and Page Down go, in rows. */
  readonly pageSize: number;
}

/** Keys and clicks of the whole table; rows have no handlers of their own. */
export function useTableInput({ kept, activeIndex, setActiveIndex, pageSize }: TableInput) {
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const navigate = useNavigate();
  const bandId = useBandId();
  const { list } = kept;

  const openDetails = (index: number) => {
    const track = list.state.get().rows[index];
    if (!track) return;
    void navigate({ to: "/b/$bandId/tracks/$trackId", params: { bandId, trackId: track.id } });
  };
  const openMenu = (index: number, x: number, y: number) => {
    const track = list.state.get().rows[index];
    if (track) setMenu({ track, index, x, y });
  };

  const moveTo = (index: number, isPicking: boolean) => {
    setActiveIndex(index);
    if (isPicking) kept.selection.extendTo(index);
    else kept.selection.startAt(index);
  };

  const selectBy = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean => {
    const { selection } = kept;
    const held = ctrlKey || metaKey ? "Ctrl+" : shiftKey ? "Shift+" : "";
    switch (`${held}${key.toLowerCase()}`) {
      case "Ctrl+a":
        selection.pickAll();
        return true;
      case "Shift+ ":
        selection.toggle(activeIndex);
        return true;
      case "escape":
        return selection.clear();
      default:
        return false;
    }
  };

  const actBy = ({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean => {
    if (ctrlKey || metaKey) return false;
    const last = (list.state.get().total ?? 0) - 1;
    const index = targetOf(key, activeIndex, pageSize, last);
    if (index !== undefined) moveTo(Math.max(0, Math.min(index, last)), shiftKey);
    else if (key === "Enter") playFrom(kept, activeIndex);
    else if (key.toLowerCase() === "i" && singleKeys.get()) openDetails(activeIndex);
    else return false;
    return true;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget || event.altKey) return;
    if (selectBy(event) || actBy(event)) event.preventDefault();
  };

  const onClick = (event: MouseEvent<HTMLElement>) => {
    const index = indexOf(event.target);
    if (index === undefined) return;
    const action = actionOf(event.target);
    setActiveIndex(index);
    if (action === undefined && pick(kept.selection, index, event)) return;
    if (action === "play" || (action === undefined && isTouch())) toggleFrom(kept, index);
    if (action === "menu") openMenu(index, event.clientX, event.clientY);
  };

  const onDoubleClick = (event: MouseEvent<HTMLElement>) => {
    const index = indexOf(event.target);
    if (index === undefined || actionOf(event.target) !== undefined || isTouch()) return;
    playFrom(kept, index);
  };

  const onContextMenu = (event: MouseEvent<HTMLElement>) => {
    const index = indexOf(event.target) ?? activeIndex;
    const row = document.getElementById(rowId(index));
    if (!row) return;
    event.preventDefault();
    // The menu key gives no place: the row itself is one.
    const box = row.getBoundingClientRect();
    const isKey = event.button !== 2;
    setActiveIndex(index);
    kept.selection.startAt(index);
    openMenu(index, isKey ? box.left + 96 : event.clientX, isKey ? box.bottom : event.clientY);
  };

  return {
    handlers: { onKeyDown, onClick, onDoubleClick, onContextMenu },
    menu,
    closeMenu: () => setMenu(null),
  };
}

/**
 * With Ctrl or ⌘ one more, with Shift all up to here; without a pointer a tap picks once something is.
 *
 * @returns whether the click was about that.
 */
function pick(
  selection: Selection,
  index: number,
  { ctrlKey, metaKey, shiftKey }: Pick<MouseEvent, "ctrlKey" | "metaKey" | "shiftKey">,
): boolean {
  const isPicking = isTouch() && selection.picked.get().size > 0;
  if (shiftKey) selection.extendTo(index);
  else if (ctrlKey || metaKey || isPicking) selection.toggle(index);
  else {
    selection.clear();
    selection.startAt(index);
    return false;
  }
  return true;
}

function targetOf(key: string, from: number, page: number, last: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return from + 1;
    case "ArrowUp":
      return from - 1;
    case "PageDown":
      return from + page;
    case "PageUp":
      return from - page;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function indexOf(target: EventTarget): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
  return row ? Number(row.dataset.index) : undefined;
}

const actionOf = (target: EventTarget): string | undefined =>
  target instanceof Element ? target.closest<HTMLElement>("[data-do]")?.dataset.do : undefined;

/** Without a pointer that hovers a tap is the only click there is. */
const isTouch = (): boolean => window.matchMedia("(hover: none)").matches;
