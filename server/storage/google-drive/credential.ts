import { z } from "zod";

/** What is sealed for a Google Drive. */
export const Credential = z.strictObject({
  accessToken: z.string().min(1),
  expiresAtMs: z.number(),
  refreshToken: z.string().min(1),
  /** The client that the tokens were given to. */
  clientId: z.string().min(1),
  /** Google's own id of the account in Drive. */
  accountId: z.string().min(1),
  /** For people: an e-mail address, mostly. */
  account: z.string().min(1),
});
export type Credential = z.infer<typeof Credential>;
