import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { ShareId, TrackId } from "#contract/ids.ts";
import type { WaveformAbsence } from "#contract/waveforms.ts";
import { backline } from "../api.ts";
import { type Peaks, parseDat } from "./peaks.ts";

/** The public link whose guest looks; for members there is none. */
export const GuestOfShare = createContext<ShareId | undefined>(undefined);

export type Waveform = { readonly peaks: Peaks; readonly hash: string } | WaveformAbsence;

const LOOK_AGAIN_MS = 3_000;
/** What takes longer is looked for when it is opened again. */
const MOST_LOOKS = 60;

/**
 * A track's waveform as soon as there is one; it is made next when there is none.
 *
 * @param samplesPerPixel - the zoom; all of it on a screen when left out.
 */
export function useWaveform(
  trackId: TrackId | undefined,
  samplesPerPixel?: number,
): Waveform | undefined {
  const shareId = useContext(GuestOfShare);
  const { data } = useQuery({
    queryKey: ["waveform", trackId, shareId, samplesPerPixel],
    enabled: trackId !== undefined,
    staleTime: 300_000,
    retry: 2,
    queryFn: ({ signal }) => fetchWaveform(trackId as TrackId, shareId, samplesPerPixel, signal),
    refetchInterval: ({ state }) =>
      isWaiting(state.data) && state.dataUpdateCount < MOST_LOOKS ? LOOK_AGAIN_MS : false,
  });
  return data;
}

const isWaiting = (found: Waveform | undefined): boolean =>
  found !== undefined && "reason" in found && found.reason === "waiting";

async function fetchWaveform(
  trackId: TrackId,
  shareId: ShareId | undefined,
  samplesPerPixel: number | undefined,
  signal: AbortSignal,
): Promise<Waveform> {
  const url = new URL(backline.waveformUrl(trackId, shareId));
  if (samplesPerPixel !== undefined) url.searchParams.set("zoom", String(samplesPerPixel));
  const answer = await backline.fetch(url.href, { signal });
  if (answer.ok) {
    const hash = answer.headers.get("x-content-hash") ?? "";
    return { peaks: parseDat(await answer.arrayBuffer()), hash };
  }
  const absence = (await answer.json()) as WaveformAbsence;
  if (absence.reason === undefined) throw new Error(absence.message);
  return absence;
}
