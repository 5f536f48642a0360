import { Button } from "@mantine/core";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { shares } from "../words/shares.ts";
import type { Shares } from "./list.ts";
import s from "./shares.module.css";

/** The further pages of a list, where there are any. */
export const MoreShares = ({ list }: { readonly list: Shares }) => (
  <>
    {list.error ? <FormFailure>{sentenceOf(list.error)}</FormFailure> : null}
    {list.hasNextPage ? (
      <Button
        className={s.more ?? ""}
        variant="default"
        loading={list.isFetchingNextPage}
        onClick={() => list.fetchNextPage()}
      >
        {shares.more}
      </Button>
    ) : null}
  </>
);
