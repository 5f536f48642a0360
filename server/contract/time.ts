import { z } from "zod";

/** A moment as it travels: ISO 8601 in UTC, e.g. `2026-03-14T19:30:00.000Z`. */
export const Timestamp = z.iso.datetime();
export type Timestamp = z.infer<typeof Timestamp>;
