import { useInfiniteQuery } from "@tanstack/react-query";
import type { AuditAction, AuditPage } from "#contract/audit.ts";
import { backline, queryClient } from "../api.ts";

const KEY = "audit";

const FIRST_FEW = 8;
const ADMINS_PAGE = 25;

/** What happened to one's own account, the newest first. */
export const useOwnEvents = () =>
  useEvents(["own"], (before) =>
    backline.api.account.audit.list.query({ before, limit: FIRST_FEW }),
  );

/** Everybody's, for administrators. */
export const useAllEvents = (action: AuditAction | undefined) =>
  useEvents(["all", action ?? null], (before) =>
    backline.api.admin.audit.list.query({
      before,
      limit: ADMINS_PAGE,
      ...(action ? { action } : {}),
    }),
  );

/** For whoever just did something that is written down. */
export const refreshEvents = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: [KEY] });

const useEvents = (
  choice: readonly (string | null)[],
  ask: (before: string | null) => Promise<AuditPage>,
) =>
  useInfiniteQuery({
    queryKey: [KEY, ...choice],
    queryFn: ({ pageParam }) => ask(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // It grows by itself: one looks at what is there now.
    staleTime: 0,
  });

export type Events = ReturnType<typeof useEvents>;
