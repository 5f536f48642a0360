import { z } from "zod";

/** What is sealed for a folder of this machine. */
export const Credential = z.union([
  /** A real, absolute path. Whether it is allowed is looked up again at every access. */
  z.strictObject({ folder: z.string().min(1) }),
  z.strictObject({ demo: z.literal(true) }),
]);
export type Credential = z.infer<typeof Credential>;
