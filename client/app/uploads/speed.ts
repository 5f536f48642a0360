/** How fast something comes along, as of late. */
export interface Speedometer {
  /** @param bytes - since its beginning. */
  note(bytes: number): void;
  /** Bytes per second; `null` until there is something to go by. */
  read(): number | null;
}

/** Long enough that a figure stands still, short enough to follow a line that got slower. */
const WINDOW_MS = 8000;
const LEAST_MS = 1000;

export function createSpeedometer(now: () => number): Speedometer {
  let samples: { readonly atMs: number; readonly bytes: number }[] = [];
  return {
    note(bytes) {
      const atMs = now();
      const last = samples.at(-1);
      // What has to be sent anew is no way backwards.
      if (last && bytes < last.bytes) samples = [];
      const isOld = (sample: { readonly atMs: number }) => sample.atMs < atMs - WINDOW_MS;
      samples = [...samples.filter((sample) => !isOld(sample)), { atMs, bytes }];
    },
    read() {
      const [first, last] = [samples[0], samples.at(-1)];
      if (!first || !last || last.atMs - first.atMs < LEAST_MS) return null;
      return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
    },
  };
}
