import { ActionIcon, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { people as words } from "../words/people.ts";
import s from "./admin.module.css";

/** Typing is over for now. */
const PAUSE_MS = 180;

/** @param shown - what the address says, which the field follows. */
export function PeopleSearch({ shown }: { readonly shown: string }) {
  const [text, setText] = useState(shown);
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate({ from: "/b/$bandId/admin" });
  const search = useDebouncedCallback((typed: string) => {
    const q = typed.trim();
    void navigate({
      search: ({ q: _, ...rest }) => (q ? { ...rest, q } : rest),
      replace: true,
    });
  }, PAUSE_MS);

  useEffect(() => {
    if (document.activeElement !== input.current || shown === "") setText(shown);
  }, [shown]);

  const change = (typed: string) => {
    setText(typed);
    search(typed);
  };
  const clear = () => {
    change("");
    search.flush();
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") search.flush();
    if (event.key === "Escape") clear();
  };
  return (
    <TextInput
      ref={input}
      className={s.filter ?? ""}
      classNames={{ input: s.search ?? "" }}
      type="search"
      aria-label={words.search}
      placeholder={words.searchShort}
      autoComplete="off"
      spellCheck={false}
      maxLength={200}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text === "" ? null : (
          <ActionIcon size={24} aria-label={words.everybody} onClick={clear}>
            <IconX size={14} />
          </ActionIcon>
        )
      }
    />
  );
}
