import { z } from "zod";
import { BandId, ConnectionId } from "./ids.ts";
import { JellyfinCredentials } from "./jellyfin.ts";
import { ScanProgress } from "./scans.ts";
import { Timestamp } from "./time.ts";

/** A kind of storage. Adding one here makes `storage/registry.ts` ask for its module. */
export const ProviderId = z.enum([
  "folder",
  "webdav",
  "s3",
  "jellyfin",
  "google-drive",
  "onedrive",
]);
export type ProviderId = z.infer<typeof ProviderId>;

/** Those that people sign in at, on a page of the provider, instead of filling in a form. */
export const OAuthProviderId = ProviderId.extract(["google-drive", "onedrive"]);
export type OAuthProviderId = z.infer<typeof OAuthProviderId>;

/**
 * - `active`: works.
 * - `needs_reconnect`: the storage refused our credential.
 * - `unavailable`: may work later; nothing is lost.
 * - `paused`: somebody switched it off.
 */
export const Health = z.enum(["active", "needs_reconnect", "unavailable", "paused"]);
export type Health = z.infer<typeof Health>;

/** What a person fills in to connect a storage. */
export const ConnectForm = z.discriminatedUnion("provider", [
  z.strictObject({
    provider: z.literal("folder"),
    /** Absolute path on the server, at or below a root that the administrator has allowed. */
    folder: z.string().min(1).max(4096),
  }),
  z.strictObject({
    provider: z.literal("webdav"),
    /** As copied from a browser: `https://` is added when it is missing. */
    url: z.string().trim().min(1).max(2048),
    username: z.string().trim().min(1).max(256),
    /** Best an app password. */
    password: z.string().min(1).max(1024),
  }),
  z.strictObject({
    provider: z.literal("s3"),
    /** Of the service, such as `https://s3.eu-central-1.amazonaws.com`; `https://` is added. */
    endpoint: z.string().trim().min(1).max(2048),
    /** Empty: the one that the address names, or else us-east-1. */
    region: z.string().trim().max(64),
    bucket: z.string().trim().min(1).max(255),
    accessKeyId: z.string().trim().min(1).max(256),
    secretAccessKey: z.string().trim().min(1).max(1024),
    /** Of a temporary key, which counts only with it; left out for one that stays. */
    sessionToken: z
      .string()
      .trim()
      .regex(
        /^[\x21-\x7e]{1,8192}$/,
        "A session token has only letters, digits and signs, and no spaces.",
      )
      .optional(),
    /** Whether the bucket stands in the path or before the host; `auto` knows how Amazon does it. */
    pathStyle: z.union([z.boolean(), z.literal("auto")]),
  }),
  z.discriminatedUnion("access", [
    JellyfinCredentials.extend({
      provider: z.literal("jellyfin"),
      access: z.literal("password"),
      /** As copied from a browser: `https://` is added when it is missing. */
      url: z.string().trim().min(1).max(2048),
    }),
    z.strictObject({
      provider: z.literal("jellyfin"),
      access: z.literal("key"),
      url: z.string().trim().min(1).max(2048),
      apiKey: z
        .string()
        .trim()
        .regex(
          /^[\x21-\x7e]{1,512}$/,
          "An API key has no spaces and only plain letters and digits",
        ),
    }),
  ]),
]);
export type ConnectForm = z.infer<typeof ConnectForm>;

/** What was filled in, without what is secret: where a person begins who connects it again. */
export const SavedForm = z.discriminatedUnion("provider", [
  z.strictObject({ provider: z.literal("folder"), folder: z.string() }),
  z.strictObject({ provider: z.literal("webdav"), url: z.string(), username: z.string() }),
  z.strictObject({
    provider: z.literal("s3"),
    endpoint: z.string(),
    region: z.string(),
    bucket: z.string(),
    accessKeyId: z.string(),
    pathStyle: z.boolean(),
  }),
  z.strictObject({
    provider: z.literal("jellyfin"),
    url: z.string(),
    /** `null`: with an API key. */
    username: z.string().nullable(),
  }),
  z.strictObject({ provider: z.literal("google-drive"), account: z.string() }),
  z.strictObject({ provider: z.literal("onedrive"), account: z.string() }),
]);
export type SavedForm = z.infer<typeof SavedForm>;

/** What the 'add a storage' screen can offer. */
export const ProviderOffer = z.strictObject({
  id: ProviderId,
  name: z.string(),
  description: z.string(),
  /** False: it is off on this server, and `unavailableBecause` says what an administrator can do. */
  isOn: z.boolean(),
  unavailableBecause: z.string().nullable(),
  /** Folder only: the roots that the administrator has allowed. */
  roots: z.array(z.string()),
  /** Whether people fill in a form here, or sign in on a page of the provider. */
  way: z.enum(["form", "oauth"]),
});
export type ProviderOffer = z.infer<typeof ProviderOffer>;

export const StorageQuota = z.strictObject({
  usedBytes: z.number().int(),
  /** `null`: without a limit. */
  totalBytes: z.number().int().nullable(),
  checkedAt: Timestamp,
});
export type StorageQuota = z.infer<typeof StorageQuota>;

export const Connection = z.strictObject({
  id: ConnectionId,
  bandId: BandId,
  provider: ProviderId,
  name: z.string(),
  /** Who is connected, as the storage says it: 'anna at cloud.example'. */
  identity: z.string().nullable(),
  /** What the storage calls that person: 'Anna Larsson'. Tells nobody apart. */
  displayName: z.string().nullable(),
  /** What the server turned out to be, e.g. 'Nextcloud 33.0.2'. */
  product: z.string().nullable(),
  /** The root folder as people read it; `null` until one is chosen. */
  rootPath: z.string().nullable(),
  isDemo: z.boolean(),
  isPrimary: z.boolean(),
  health: Health,
  /** A sentence for everything but `active`. */
  healthMessage: z.string().nullable(),
  /** Since when health is not `active`. */
  unavailableSince: Timestamp.nullable(),
  /** When the provider ends the access by itself, as far as it says so. */
  accessEndsAt: Timestamp.nullable(),
  /**
   * Whether browsers of the band fetch recordings from the storage itself, and not through this server;
   * `null` where they can't.
   */
  direct: z.enum(["on", "off"]).nullable(),
  /** Whether owners of the band may delete recordings in the storage; `null` where nobody can from here. */
  deleting: z.enum(["on", "off"]).nullable(),
  /** How full it was when it was last asked; `null` when it does not say. */
  quota: StorageQuota.nullable(),
  /** When it was last looked at for changes; `null` when it is not watched, or was not yet. */
  lookedAt: Timestamp.nullable(),
  trackCount: z.number().int(),
  missingCount: z.number().int(),
  createdAt: Timestamp,
  /** The newest scan, running or ended. */
  scan: ScanProgress.nullable(),
});
export type Connection = z.infer<typeof Connection>;

export const CreateConnection = z.strictObject({ bandId: BandId, form: ConnectForm });
export type CreateConnection = z.infer<typeof CreateConnection>;

export const Browse = z.strictObject({
  connectionId: ConnectionId,
  /** A folder's `ref`, or `null` for the top. */
  folder: z.string().max(4096).nullable(),
  cursor: z.string().max(4096).nullable().default(null),
});
export type Browse = z.infer<typeof Browse>;

export const FolderPage = z.strictObject({
  /** From the top to this folder. */
  breadcrumb: z.array(z.strictObject({ ref: z.string().nullable(), name: z.string() })),
  folders: z.array(z.strictObject({ ref: z.string(), name: z.string() })),
  /** Audio files directly in this folder, on this page. */
  audioFileCount: z.number().int(),
  next: z.string().nullable(),
});
export type FolderPage = z.infer<typeof FolderPage>;

export const SetRoot = z.strictObject({
  connectionId: ConnectionId,
  folder: z.string().max(4096).nullable(),
});
export type SetRoot = z.infer<typeof SetRoot>;

/** The same storage with a new form: the library is kept. */
export const Reconnect = z.strictObject({ connectionId: ConnectionId, form: ConnectForm });
export type Reconnect = z.infer<typeof Reconnect>;

export const OneConnection = z.strictObject({ connectionId: ConnectionId });
export type OneConnection = z.infer<typeof OneConnection>;

/** Owners of the band only. */
export const SetSwitch = z.strictObject({ connectionId: ConnectionId, isOn: z.boolean() });
export type SetSwitch = z.infer<typeof SetSwitch>;

/** What becomes of the rest when a storage is disconnected; asked for before it is. */
export const RemovalPreview = z.strictObject({
  /** Recordings that go from the library with it. */
  leaving: z.number().int(),
  /** Recordings that another storage of the band has too: they stay, with all that belongs to them. */
  staying: z.number().int(),
  /** The name of the storage that becomes the primary; `null` when that does not change. */
  nextPrimary: z.string().nullable(),
});
export type RemovalPreview = z.infer<typeof RemovalPreview>;

export const CreateDemo = z.strictObject({ bandId: BandId });
export type CreateDemo = z.infer<typeof CreateDemo>;

export const ListConnections = z.strictObject({ bandId: BandId });
export type ListConnections = z.infer<typeof ListConnections>;

/** Where the recordings of a storage are, as far as an index of its own tells. */
export const SuggestedFolders = z.strictObject({
  /** Those with most of them first. */
  folders: z.array(
    z.strictObject({
      ref: z.string(),
      path: z.string(),
      /** In it and below. */
      recordings: z.number().int(),
    }),
  ),
  /** There may be more when it is false: not all were counted. */
  isAll: z.boolean(),
});
export type SuggestedFolders = z.infer<typeof SuggestedFolders>;
