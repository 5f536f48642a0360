import { z } from "zod";
import { flag } from "./variable-kinds.ts";

/** How recordings are made into what any browser plays and any line carries. */
export interface HlsSettings {
  /** For who wants it as good as it goes, and for who wants it to come through at all. */
  readonly kbps: { readonly high: number; readonly low: number };
  /** What was made is kept in the data folder up to this. */
  readonly cacheBytes: number;
  /** So many recordings are worked on at a time. */
  readonly processes: number;
  /** Where programs are looked for, as in `PATH`. */
  readonly searchPath: string;
}

const USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

const kbps = z.coerce.number().int().min(32).max(320);

/** The variables of `HlsSettings`. */
export const hlsVariables = {
  HLS_STREAMING: flag,
  HLS_HIGH_KBPS: kbps.default(192),
  HLS_LOW_KBPS: kbps.default(96),
  HLS_CACHE_MB: z.coerce.number().int().min(64).max(1_000_000).default(1024),
  HLS_PROCESSES: z.coerce.number().int().min(1).max(64).default(2),
};

type Values = z.output<z.ZodObject<typeof hlsVariables>>;

/** @returns `null`: off. */
export function toHls(values: Values, searchPath: string | undefined): HlsSettings | null {
  if (!values.HLS_STREAMING) return null;
  return {
    kbps: { high: values.HLS_HIGH_KBPS, low: values.HLS_LOW_KBPS },
    cacheBytes: values.HLS_CACHE_MB * 1024 * 1024,
    processes: values.HLS_PROCESSES,
    searchPath: searchPath ?? USUAL_PATH,
  };
}
