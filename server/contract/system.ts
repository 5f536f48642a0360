import { z } from "zod";
import { ProviderId } from "./connections.ts";
import { JellyfinName } from "./jellyfin.ts";

export const RegistrationMode = z.enum(["open", "invite", "closed"]);
export type RegistrationMode = z.infer<typeof RegistrationMode>;

/** What anyone may know about this server before signing in. */
export const SystemInfo = z.strictObject({
  version: z.string(),
  /** True until the first admin exists. */
  setupRequired: z.boolean(),
  registration: RegistrationMode,
  providers: z.array(ProviderId),
  /** The server whose accounts can be used to sign in; `null`: none. */
  jellyfin: JellyfinName.nullable(),
});
export type SystemInfo = z.infer<typeof SystemInfo>;

/** A sentence that admins see on top of every screen until its cause is gone. */
export const AdminNotice = z.strictObject({
  id: z.enum(["insecure_http", "loopback_egress", "mail_to_files"]),
  message: z.string(),
});
export type AdminNotice = z.infer<typeof AdminNotice>;
