import type { AuditAction, AuditEvent } from "#contract/audit.ts";
import type { SignInWay } from "#contract/auth.ts";
import { admin } from "./admin.ts";
import { nameDevice } from "./device.ts";
import { settings } from "./settings.ts";

/** What happened, in a few words that need no name. */
const actions: Readonly<Record<AuditAction, string>> = {
  "account.registered": "Account made",
  "account.email_verified": "E-mail address confirmed",
  "account.email_change_requested": "Another e-mail address asked for",
  "account.email_changed": "E-mail address changed",
  "account.password_changed": "Password changed",
  "account.password_reset_requested": "Link for a new password asked for",
  "account.password_reset": "New password chosen by a link in a mail",
  "account.profile_changed": "Profile changed",
  "account.promoted_to_creator": "Account made a creator",
  "account.linked": "Sign-in through another server added",
  "account.export_requested": "Copy of everything asked for",
  "account.export_downloaded": "Copy of everything downloaded",
  "account.deleted": "Account deleted",
  "band.handed_over": "Band handed over, because its owner left",
  "band.tag_writing_changed": "Writing of edited tags into files switched on",
  "connection.removed": "Storage disconnected",
  "connection.paused": "Storage paused",
  "connection.direct_changed": "Recordings come from the storage itself",
  "connection.deleting_changed": "Deleting recordings in a storage allowed",
  "track.deleted": "Recording deleted",
  "connection.refused": "Access to a storage ended there",
  "connection.client_changed": "Client for signing in at a provider changed",
  "credentials.purged": "Access to storages destroyed",
  "recording.uploaded": "Recording uploaded",
  "share.created": "Public link made",
  "share.changed": "Terms of a public link changed",
  "share.link_renewed": "Public link replaced by another",
  "share.removed": "Public link taken back",
  "second_factor.enabled": "Second factor switched on",
  "second_factor.disabled": "Second factor switched off",
  "second_factor.refused": "Wrong second factor refused",
  "backup_codes.made": "New backup codes made",
  "backup_codes.used": "Backup code used",
  "passkey.added": "Passkey added",
  "passkey.renamed": "Passkey renamed",
  "passkey.removed": "Passkey removed",
  "passkey.refused": "Passkey refused",
  "passkey.copied": "Passkey refused, because it looks like a copy",
  "session.opened": "Signed in",
  "session.refused": "Wrong password refused",
  "session.ended": "Signed out",
  "session.copied": "Signed out, because somebody else used this sign-in too",
  "session.reauthenticated": "Password shown again",
  "admin.user_suspended": "Account suspended",
  "admin.user_restored": "Account let in again",
  "admin.role_changed": "Role changed",
  "admin.sessions_ended": "All devices of an account signed out",
  "admin.registration_changed": "Who can register changed",
  "admin.invited": "Invitation made",
  "admin.maintenance_changed": "Maintenance switched",
  "admin.jellyfin_changed": "Sign-in with Jellyfin changed",
  "admin.nextcloud_changed": "Nextcloud for new accounts changed",
  "admin.nextcloud_account_made": "Account made in the Nextcloud",
};

const endings: Readonly<Record<string, string>> = {
  signed_out_elsewhere: "Signed out from another device",
  password_changed: "Signed out, because the password was changed",
  password_reset: "Signed out, because a new password was chosen",
  address_proved_by_another: "Signed out, because the address was confirmed anew",
  suspended: "Signed out, because the account was suspended",
  ended_by_admin: "Signed out by an administrator",
  account_deleted: "Signed out, because the account was deleted",
};

const ways: Readonly<Record<SignInWay, string>> = {
  password: "",
  passkey: " with a passkey",
  jellyfin: " with Jellyfin",
};

type Details = AuditEvent["details"];

/** Where its details say more. */
const precise: { readonly [Action in AuditAction]?: (details: Details) => string | undefined } = {
  "session.opened": ({ rememberMe, way }) =>
    `Signed in${ways[way ?? "password"]}${rememberMe ? " for 30 days" : ""}`,
  "session.reauthenticated": ({ way }) => (way === "passkey" ? "Passkey shown again" : undefined),
  "session.ended": ({ because }) => endings[String(because)],
  "admin.role_changed": ({ role }) => role && `Role changed: ${settings.roles[role]}`,
  "connection.paused": ({ isOn }) => (isOn === false ? "Storage resumed" : undefined),
  "connection.direct_changed": ({ isOn }) =>
    isOn === false ? "Recordings come through this server again" : undefined,
  "connection.deleting_changed": ({ isOn }) =>
    isOn === false ? "Deleting recordings in a storage not allowed any more" : undefined,
  "band.tag_writing_changed": ({ isOn }) =>
    isOn === false ? "Writing of edited tags into files switched off" : undefined,
  "account.linked": ({ isOn }) =>
    isOn === false ? "Sign-in through another server removed" : undefined,
  "admin.jellyfin_changed": ({ isOn }) =>
    isOn === false ? "Sign-in with Jellyfin switched off" : undefined,
  "admin.registration_changed": ({ mode }) => admin.registration.changed[String(mode)],
  "admin.maintenance_changed": ({ isOn }) => `Maintenance switched ${isOn ? "on" : "off"}`,
  "admin.invited": ({ hasAddress }) =>
    hasAddress ? "Invitation mailed to an address" : "Invitation link made",
};

export const audit = {
  actions,
  sentence: ({ action, details }: Pick<AuditEvent, "action" | "details">): string =>
    precise[action]?.(details) ?? actions[action],
  /** On which device and from where, as far as it is known. */
  place: ({ userAgent, ipAddress }: Pick<AuditEvent, "userAgent" | "ipAddress">): string =>
    [userAgent ? nameDevice(userAgent) : "", ipAddress ?? ""].filter((part) => part).join(" · "),
  you: "You",
  account: (id: string) => `Account ${id.slice(-8)}`,
  /** Who did it, and to whose account; `null` for nobody we know. */
  who: (actor: string | null, subject: string | null) => {
    if (actor === null) return subject ?? "No account here";
    return subject === null || subject === actor ? actor : `${actor}, about ${subject}`;
  },
  failed: "What happened could not be loaded.",
  none: "Nothing yet.",
} as const;
