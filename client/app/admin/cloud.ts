import type { AccountCloud, CloudAccount } from "#contract/nextcloud.ts";
import { queryClient, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";

const GB = 1_000_000_000;
/** What the server takes as the least. */
const LEAST_GB = 0.001;

export const cloudQuery = trpc.admin.nextcloud.get.queryOptions(undefined, { staleTime: 0 });
export const cloudAccountsQuery = trpc.admin.nextcloud.accounts.list.queryOptions();

/** What became of the Nextcloud: what was made in another one is not known any more. */
export function noteCloud(cloud: AccountCloud | null): void {
  queryClient.setQueryData(cloudQuery.queryKey, cloud);
  queryClient.removeQueries({ queryKey: cloudAccountsQuery.queryKey });
  void refreshEvents();
}

export function noteCloudAccount(account: CloudAccount): void {
  queryClient.setQueryData(cloudAccountsQuery.queryKey, (known) => [
    ...(known ?? []).filter(({ userId }) => userId !== account.userId),
    account,
  ]);
  void queryClient.invalidateQueries({ queryKey: cloudAccountsQuery.queryKey });
  void refreshEvents();
}

/** @returns bytes; `null` for nothing typed, `undefined` for what is no size. */
export function parseQuota(typed: string): number | null | undefined {
  const text = typed.trim().replace(",", ".");
  if (text === "") return null;
  const gigabytes = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return gigabytes < LEAST_GB ? undefined : Math.round(gigabytes * GB);
}

export const showQuota = (bytes: number | null | undefined): string =>
  bytes ? String(Math.round((bytes / GB) * 1000) / 1000) : "";
