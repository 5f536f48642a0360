import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly total: number | null;
}

/** A long list, page after page, as far as somebody has wanted to see it. */
export interface Pages<Row> {
  readonly rows: readonly Row[];
  /** `null` until the first page has come. */
  readonly total: number | null;
  readonly next: string | null;
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Makes sure that row `index` gets loaded. Safe to call with every scroll. */
  readonly want: (index: number) => void;
  readonly retry: () => void;
}

/** @param path - of the procedure: what is invalidated with the library is loaded anew. */
export function usePages<Row>(
  path: readonly string[],
  input: object,
  fetchPage: (cursor: string | null) => Promise<Page<Row>>,
  isOn = true,
): Pages<Row> {
  const query = useInfiniteQuery({
    queryKey: [["library", ...path], { input, type: "pages" }],
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: isOn,
  });
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const counted = data?.pages[0]?.total ?? rows.length;
  return {
    rows,
    total: data ? (hasNextPage ? Math.max(counted, rows.length + 1) : rows.length) : null,
    next: data?.pages.at(-1)?.next ?? null,
    error,
    isLoading: isFetching,
    want(index) {
      if (index >= rows.length && hasNextPage && !isFetching && !error) void fetchNextPage();
    },
    retry: () => void (data ? fetchNextPage() : refetch()),
  };
}
