import { z } from "zod";
import { Connection, StorageQuota } from "./connections.ts";
import { BandId, ConnectionId, StorageLoginId, UserId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** Signing in at a Nextcloud's own pages, so that no password is typed here. */
export const BeginNextcloudLogin = z.strictObject({
  bandId: BandId,
  /** As copied from a browser: `https://` is added when it is missing. */
  url: z.string().trim().min(1).max(2048),
  /** Given: new access for this connection, which stays as it is otherwise. */
  connectionId: ConnectionId.nullable().default(null),
});
export type BeginNextcloudLogin = z.infer<typeof BeginNextcloudLogin>;

export const NextcloudLogin = z.strictObject({
  loginId: StorageLoginId,
  /** The page to open in another tab; of the host that was asked, and no other. */
  loginUrl: z.url({ protocol: /^https?$/ }),
  /** Whose page it is: 'cloud.example'. */
  host: z.string(),
  /** What answers there, e.g. 'Nextcloud 33.0.2'. */
  product: z.string(),
  expiresAt: Timestamp,
});
export type NextcloudLogin = z.infer<typeof NextcloudLogin>;

export const OneNextcloudLogin = z.strictObject({ loginId: StorageLoginId });
export type OneNextcloudLogin = z.infer<typeof OneNextcloudLogin>;

/**
 * - `waiting`: nobody has granted it in the Nextcloud yet.
 * - `connected`: the storage is there. Says the same when it is asked again.
 * - `expired`: nobody granted it in time; a new one can be begun.
 */
export const NextcloudLoginProgress = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("waiting") }),
  z.strictObject({ status: z.literal("connected"), connection: Connection }),
  z.strictObject({ status: z.literal("expired") }),
]);
export type NextcloudLoginProgress = z.infer<typeof NextcloudLoginProgress>;

/** A Nextcloud in which administrators make accounts for people here. */
export const AccountCloud = z.strictObject({
  /** Where it is installed; ends in `/`. */
  url: z.string(),
  /** 'Nextcloud 33.0.2' */
  product: z.string(),
  /** As whom accounts are made there. */
  username: z.string(),
});
export type AccountCloud = z.infer<typeof AccountCloud>;

export const SetAccountCloud = z.strictObject({
  /** As copied from a browser: `https://` is added when it is missing. */
  url: z.string().trim().min(1).max(2048),
  /** Of an administrator there. */
  username: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .regex(/^[^:\p{Cc}]*$/u, "A user name has no colon and no control characters"),
  /** Best an app password. */
  password: z.string().min(1).max(1024),
});
export type SetAccountCloud = z.infer<typeof SetAccountCloud>;

/** `null`: as that Nextcloud gives everybody. */
const QuotaBytes = z.number().int().min(1_000_000).max(Number.MAX_SAFE_INTEGER).nullable();

export const CreateCloudAccount = z.strictObject({
  userId: UserId,
  /** What a Nextcloud takes as a user name. */
  username: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9 _.@'-]*$/, "Letters, digits, spaces and _ . @ ' - can be used"),
  quotaBytes: QuotaBytes,
});
export type CreateCloudAccount = z.infer<typeof CreateCloudAccount>;

export const SetCloudQuota = z.strictObject({ userId: UserId, quotaBytes: QuotaBytes });
export type SetCloudQuota = z.infer<typeof SetCloudQuota>;

/** An account there that was made for somebody here. */
export const CloudAccount = z.strictObject({
  userId: UserId,
  /** What they are called here. */
  name: z.string(),
  /** What they are called there. */
  username: z.string(),
  /** As the Nextcloud says just now; `null` when it does not. */
  quota: StorageQuota.nullable(),
  /** A sentence, why it does not. */
  message: z.string().nullable(),
});
export type CloudAccount = z.infer<typeof CloudAccount>;
