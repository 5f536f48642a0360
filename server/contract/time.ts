import { z } from "zod";

/** A moment as it travels: ISO 8601 in UTC, e.g. `2026-03-14T19:30:00.000Z`. */
export const Timestamp = z.iso.datetime();
export type Timestamp = z.infer<typeof Timestamp>;

/** A day as somebody gives it: `2026-03-14`. There was no year 0, and the database knows none. */
export const Day = z.iso
  .date("Write a day as in 2024-05-01")
  .refine((day) => !day.startsWith("0000"), { error: "There was no year 0." });
export type Day = z.infer<typeof Day>;
