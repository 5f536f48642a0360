import type { ReactNode } from "react";
import { useIsEditor } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { Failed } from "../frame/failed.tsx";
import { LoadingLines } from "./list-line.tsx";
import s from "./lists.module.css";

interface AllListsProps<List> {
  /** `undefined` while they are loaded. */
  readonly all: readonly List[] | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
  /** Of an empty screen. */
  readonly icon: ReactNode;
  readonly words: {
    readonly list: string;
    readonly failed: string;
    readonly empty: Readonly<Record<"title" | "text" | "forListeners", string>>;
  };
  readonly children: (list: List) => ReactNode;
}

/** The lists of a band, a line each; or what there is to say while there are none. */
export function AllLists<List extends { readonly id: string }>({
  all,
  words,
  ...rest
}: AllListsProps<List>) {
  const isEditor = useIsEditor();
  if (!all && !rest.error) return <LoadingLines />;
  if (!all) return <Failed title={words.failed} error={rest.error} onRetry={rest.onRetry} />;
  if (all.length === 0) {
    const { title, text, forListeners } = words.empty;
    return (
      <Blank icon={rest.icon} title={title} text={isEditor ? text : `${text} ${forListeners}`} />
    );
  }
  return (
    <ul className={s.list} aria-label={words.list}>
      {all.map((list) => (
        <li key={list.id}>{rest.children(list)}</li>
      ))}
    </ul>
  );
}
