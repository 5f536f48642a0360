import { type InfiniteData, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { UserEntry, UserPage } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { backline, queryClient } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { audit } from "../words/audit.ts";
import { people as words } from "../words/people.ts";

const KEY = "people";
const PAGE = 20;

type Loaded = InfiniteData<UserPage>;

/** Who has an account here, the newest first. */
export const usePeople = (search: string) =>
  useInfiniteQuery({
    queryKey: [KEY, search],
    queryFn: ({ pageParam }) =>
      backline.api.admin.users.list.query({ search, before: pageParam, limit: PAGE }),
    initialPageParam: null as UserId | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    // Others come, confirm their address and are seen by themselves.
    staleTime: 0,
  });

export const peopleIn = (data: Loaded | undefined): readonly UserEntry[] =>
  data?.pages.flatMap(({ users }) => users) ?? [];

/** Whatever came of a change, who is here and what happened are asked for anew. */
export function refreshPeople(): Promise<void> {
  void refreshEvents();
  return queryClient.invalidateQueries({ queryKey: [KEY] });
}

/** Shows a change at once, before the server has answered. */
export function notePerson(id: UserId, change: Partial<UserEntry>): void {
  const renew = (user: UserEntry) => (user.id === id ? { ...user, ...change } : user);
  queryClient.setQueriesData<Loaded>(
    { queryKey: [KEY] },
    (before) =>
      before && {
        ...before,
        pages: before.pages.map((page) => ({ ...page, users: page.users.map(renew) })),
      },
  );
}

/** What to call those who are loaded. Nobody passes for another by taking their name. */
export function useNames(search: string): ReadonlyMap<UserId, string> {
  const everybody = usePeople("");
  const found = usePeople(search);
  const all = [...peopleIn(everybody.data), ...peopleIn(found.data)];
  const known = new Map(all.map((user) => [user.id, user]));
  const bearers = new Map<string, number>([[audit.you, 1]]);
  for (const { name } of known.values()) bearers.set(name, (bearers.get(name) ?? 0) + 1);
  const call = ({ id, name, email }: UserEntry) =>
    bearers.get(name) === 1 ? name : words.namesake(name, email ?? id.slice(-8));
  return new Map([...known].map(([id, user]) => [id, call(user)]));
}
