import { ActionIcon, Kbd } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { frame } from "../words/frame.ts";
import { useBandId } from "./band.ts";
import s from "./top-bar.module.css";
import { SEARCH_ID } from "./use-shortcuts.ts";

/** Typing is over for now. */
const PAUSE_MS = 180;

/** The search in the address, and `undefined` on other screens than the library. */
function useShownSearch(): string | undefined {
  return useRouterState({
    select: ({ location }) =>
      location.pathname.endsWith("/library")
        ? String((location.search as { q?: string }).q ?? "")
        : undefined,
  });
}

/** Search from anywhere: the words go into the address of the library, which shows what it finds. */
export function SearchBox() {
  const shown = useShownSearch();
  const [text, setText] = useState(shown ?? "");
  const input = useRef<HTMLInputElement>(null);
  const search = useSearchInAddress(text, shown);

  // Back and forward, a cleared filter, another screen: the field says what the address says.
  useEffect(() => {
    if (document.activeElement !== input.current || shown === "") setText(shown ?? "");
  }, [shown]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      search(text);
      document.querySelector<HTMLElement>("[role=grid]")?.focus();
    }
    if (event.key === "Escape") {
      if (text === "") input.current?.blur();
      setText("");
      search("");
    }
  };

  return (
    <search className={s.search}>
      <IconSearch className={s.glass} size={16} aria-hidden />
      <input
        ref={input}
        id={SEARCH_ID}
        type="search"
        className={s.field}
        aria-label={frame.search}
        aria-keyshortcuts="/"
        placeholder={frame.searchShort}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {text === "" ? (
        <Kbd className={s.key ?? ""} size="xs" aria-hidden>
          /
        </Kbd>
      ) : (
        <ActionIcon
          className={s.clear ?? ""}
          size={24}
          aria-label={frame.clearSearch}
          onClick={() => {
            setText("");
            search("");
            input.current?.focus();
          }}
        >
          <IconX size={14} />
        </ActionIcon>
      )}
    </search>
  );
}

/** @returns what searches at once, for Enter. */
function useSearchInAddress(text: string, shown: string | undefined): (words: string) => void {
  const navigate = useNavigate();
  const bandId = useBandId();
  const search = (words: string) => {
    const q = words.trim();
    if (q === (shown ?? "")) return;
    void navigate({
      to: "/b/$bandId/library",
      params: { bandId },
      // Another sort or filter stays; a new search is one step back, not one for each letter.
      search: (before) => {
        const { q: _, ...rest } = shown === undefined ? {} : (before as { q?: string });
        return q === "" ? rest : { ...rest, q };
      },
      replace: Boolean(shown),
    });
  };
  const searchNow = useRef(search);
  searchNow.current = search;

  useEffect(() => {
    if (document.activeElement?.id !== SEARCH_ID) return;
    const timer = setTimeout(() => searchNow.current(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return search;
}
