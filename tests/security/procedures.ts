import type { z } from "zod";
import { appRouter } from "#server/router.ts";

/** A procedure as the router has it: what a test is generated from. */
export interface Procedure {
  readonly path: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly inputs: readonly z.ZodType[];
  readonly output: z.ZodType | undefined;
}

/** Every procedure of the server. */
export const procedures: readonly Procedure[] = Object.entries(
  appRouter._def.procedures as unknown as Readonly<Record<string, { _def: Procedure }>>,
).map(([path, { _def }]) => ({
  path,
  type: _def.type,
  inputs: _def.inputs,
  output: _def.output,
}));
