import { z } from "zod";
import { SignInWay, UserRole } from "./auth.ts";
import { ProviderId } from "./connections.ts";
import { BandId, UserId } from "./ids.ts";
import { RegistrationMode } from "./system.ts";
import { Timestamp } from "./time.ts";

/** Everything that is written down about accounts and access. */
export const AuditAction = z.enum([
  "account.registered",
  "account.email_verified",
  "account.email_change_requested",
  "account.email_changed",
  "account.password_changed",
  "account.password_reset_requested",
  "account.password_reset",
  "account.profile_changed",
  "account.promoted_to_creator",
  "account.linked",
  "account.export_requested",
  "account.export_downloaded",
  "account.deleted",
  "band.handed_over",
  "band.tag_writing_changed",
  "connection.removed",
  "connection.paused",
  "connection.direct_changed",
  "connection.deleting_changed",
  "track.deleted",
  "connection.refused",
  "connection.client_changed",
  "credentials.purged",
  "recording.uploaded",
  "share.created",
  "share.changed",
  "share.link_renewed",
  "share.removed",
  "second_factor.enabled",
  "second_factor.disabled",
  "second_factor.refused",
  "backup_codes.made",
  "backup_codes.used",
  "passkey.added",
  "passkey.renamed",
  "passkey.removed",
  "passkey.refused",
  "passkey.copied",
  "session.opened",
  "session.refused",
  "session.ended",
  "session.copied",
  "session.reauthenticated",
  "admin.user_suspended",
  "admin.user_restored",
  "admin.role_changed",
  "admin.sessions_ended",
  "admin.registration_changed",
  "admin.invited",
  "admin.maintenance_changed",
  "admin.jellyfin_changed",
  "admin.nextcloud_changed",
  "admin.nextcloud_account_made",
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** What more there is to say of an event: a few words, never a secret. */
export const AuditDetails = z.strictObject({
  /** How an account came about, when not by registering. */
  by: z.literal("setup").optional(),
  role: UserRole.optional(),
  /** Why a session ended. */
  because: z.string().optional(),
  rememberMe: z.boolean().optional(),
  /** How somebody signed in, when not with a password. */
  way: SignInWay.optional(),
  /** A switch that was turned. */
  isOn: z.boolean().optional(),
  mode: RegistrationMode.optional(),
  /** Kinds of storages whose access is not kept any more. */
  providers: z.array(ProviderId).optional(),
  /** An invitation for one address only. */
  hasAddress: z.boolean().optional(),
});
export type AuditDetails = z.infer<typeof AuditDetails>;

/** One thing that happened. */
export const AuditEvent = z.strictObject({
  id: z.uuid(),
  at: Timestamp,
  action: AuditAction,
  /** Who did it; `null` for nobody we know. */
  actorId: UserId.nullable(),
  /** Whose account it is about; `null` for none. */
  subjectId: UserId.nullable(),
  bandId: BandId.nullable(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  details: AuditDetails,
});
export type AuditEvent = z.infer<typeof AuditEvent>;

export const ListAudit = z.strictObject({
  /** All when left out. */
  action: AuditAction.optional(),
  /** For administrators: whose account; everybody's when left out. */
  subjectId: UserId.optional(),
  /** The id of the last event of the page before. */
  before: z.uuid().nullable().default(null),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListAudit = z.infer<typeof ListAudit>;

export const AuditPage = z.strictObject({
  /** The newest first. */
  events: z.array(AuditEvent),
  next: z.uuid().nullable(),
});
export type AuditPage = z.infer<typeof AuditPage>;
