import { z } from "zod";
import { ProviderId } from "./connections.ts";
import { JellyfinName } from "./jellyfin.ts";
import { Timestamp } from "./time.ts";

export const RegistrationMode = z.enum(["open", "invite", "closed"]);
export type RegistrationMode = z.infer<typeof RegistrationMode>;

/** What is said while the people who run the server work on it. */
export const Maintenance = z.strictObject({
  /** In their own words; `null` when they said nothing. */
  message: z.string().nullable(),
  /** When they expect to be done; it does not end by itself. */
  until: Timestamp.nullable(),
});
export type Maintenance = z.infer<typeof Maintenance>;

export const SetMaintenance = z.strictObject({
  isOn: z.boolean(),
  message: z
    .string()
    .regex(/^[^\p{Cc}]*$/u, "Control characters can't be used here")
    .trim()
    .min(1)
    .max(300)
    .nullable(),
  until: Timestamp.nullable().default(null),
});
export type SetMaintenance = z.infer<typeof SetMaintenance>;

/** What administrators have chosen. */
export const MaintenanceChoice = z.strictObject({
  isOn: z.boolean(),
  message: z.string().nullable(),
  until: Timestamp.nullable(),
  /** This server was started with `MAINTENANCE_MODE=1`: it is on whatever is chosen here. */
  isHeldOn: z.boolean(),
});
export type MaintenanceChoice = z.infer<typeof MaintenanceChoice>;

/** What anyone may know about this server before signing in. */
export const SystemInfo = z.strictObject({
  version: z.string(),
  /** True until the first admin exists. */
  setupRequired: z.boolean(),
  registration: RegistrationMode,
  /** `null` while everything works. */
  maintenance: Maintenance.nullable(),
  providers: z.array(ProviderId),
  /** Recordings can also be heard in qualities of the server's own making. */
  hls: z.boolean(),
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
