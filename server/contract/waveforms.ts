import { z } from "zod";
import { WireError } from "./errors.ts";

export type WaveformState = "waiting" | "made" | "failed";

/** Why there will be none: nothing in the file can be read, or nothing here can read such files. */
export const WaveformFailure = z.enum(["broken", "unsupported"]);
export type WaveformFailure = z.infer<typeof WaveformFailure>;

/** Body of a 404 of `/waveform/:trackId` for whoever may see the track. */
export const WaveformAbsence = WireError.extend({
  /** `waiting`: it is being made; `missing`: the file is not in its storage. */
  reason: z.enum([...WaveformFailure.options, "waiting", "missing"]),
});
export type WaveformAbsence = z.infer<typeof WaveformAbsence>;
