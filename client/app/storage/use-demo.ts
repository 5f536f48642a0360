import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { BandId } from "#contract/ids.ts";
import { trpc } from "../api.ts";
import { playFirstTrackOf } from "../library/first-play.ts";
import { expectScan, noteConnection } from "./connections.ts";

/** From one click to music: connects the demo recordings and plays the first one that is found. */
export function useDemo(bandId: BandId) {
  const navigate = useNavigate();
  return useMutation(
    trpc.connections.createDemo.mutationOptions({
      onSuccess(connection) {
        noteConnection(connection);
        expectScan(bandId);
        playFirstTrackOf(bandId);
        void navigate({ to: "/b/$bandId/library", params: { bandId } });
      },
    }),
  );
}
