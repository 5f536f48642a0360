import { Button } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { frame } from "../words/frame.ts";
import s from "./more-pages.module.css";

interface MorePagesProps {
  readonly list: Pick<
    UseInfiniteQueryResult,
    "error" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"
  >;
  /** Of what, where a screen has several lists. */
  readonly label?: string;
}

/** Below a list: a button for its next page while there is one, and why it did not come. */
export const MorePages = ({ list, label }: MorePagesProps) => (
  <>
    {list.error ? <FormFailure>{sentenceOf(list.error)}</FormFailure> : null}
    {list.hasNextPage ? (
      <Button
        className={s.more ?? ""}
        variant="default"
        aria-label={label}
        loading={list.isFetchingNextPage}
        onClick={() => void list.fetchNextPage()}
      >
        {frame.showMore}
      </Button>
    ) : null}
  </>
);
