import { queryOptions, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Band } from "#contract/bands.ts";
import type { BandId } from "#contract/ids.ts";
import { trpc } from "../api.ts";

export const bandsQuery = queryOptions({
  ...trpc.bands.list.queryOptions(),
  staleTime: 5 * 60_000,
});

/** The band in the address. Screens inside the frame always have one. */
export const useBandId = (): BandId => useParams({ from: "/b/$bandId" }).bandId;

export function useBand(): Band | undefined {
  const bandId = useBandId();
  const { data } = useQuery(bandsQuery);
  return data?.find((band) => band.id === bandId);
}

/** Those who only listen add, share and change nothing. */
export function useIsEditor(): boolean {
  const role = useBand()?.role;
  return role === "owner" || role === "editor";
}

/** Only owners may change a band's storage. */
export const useIsOwner = (): boolean => useBand()?.role === "owner";
