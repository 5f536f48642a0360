import type { z } from "zod";

/** Of one look. More than these are not followed one by one: all of it is listed. */
export const MAX_CHANGES = 500;
export const MAX_LOG_PAGES = 5;

/** @returns `undefined` for what is no cursor of that kind: then all begins anew. */
export function parseCursor<S extends z.ZodType>(
  schema: S,
  cursor: string | null,
): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(cursor ?? "")).data;
  } catch {
    return undefined;
  }
}
