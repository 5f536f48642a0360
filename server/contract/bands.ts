import { z } from "zod";
import { BandId } from "./ids.ts";

export const BandRole = z.enum(["listener", "editor", "owner"]);
export type BandRole = z.infer<typeof BandRole>;

export const Band = z.strictObject({
  id: BandId,
  name: z.string(),
  isPersonal: z.boolean(),
  /** The caller's own role in it. */
  role: BandRole,
});
export type Band = z.infer<typeof Band>;

/** Whether a role includes what another may do. */
export const isAtLeast = (role: BandRole, needed: BandRole): boolean =>
  BandRole.options.indexOf(role) >= BandRole.options.indexOf(needed);
