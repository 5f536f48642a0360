import { z } from "zod";

/** A key that seals stored secrets. Its id is no secret. */
export const EncryptionKey = z.strictObject({
  kid: z.string(),
  /**
   * - `current`: seals, and opens what it has sealed.
   * - `older`: only opens; a job moves what it has sealed to the current one.
   * - `unknown`: this server does not have it, so what it has sealed can't be opened.
   */
  role: z.enum(["current", "older", "unknown"]),
  /** How many stored secrets need it. */
  values: z.number().int(),
});

/** The current one first. */
export const EncryptionKeys = z.array(EncryptionKey);
export type EncryptionKeys = z.infer<typeof EncryptionKeys>;
