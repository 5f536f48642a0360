import type { z } from "zod";
import type { ConnectForm, ProviderId, SavedForm } from "#contract/connections.ts";
import type { Egress } from "#server/base/egress/client.ts";
import type { Changes } from "./changes.ts";
import type { KnownFile } from "./removal.ts";
import type { NewVersion } from "./replacing.ts";
import type { ByteRange, OpenedRange, Page, StoredFile } from "./stored.ts";
import type { Writing } from "./writing.ts";

/**
 * One person's files at one provider.
 *
 * Every method throws `AppError`: `storage_reconnect` when the credential no longer works,
 * `not_found` for a missing ref, `rate_limited` (with a delay) when told to slow down,
 * `storage_refused` for what will not work until somebody changes something, and
 * `storage_unavailable` for everything that may work later. An aborted signal rejects with the
 * signal's reason. `tests/storage/conformance.ts` holds every provider to this.
 */
export interface Storage {
  /** @param folder - a folder's ref, or `null` for the top. @param cursor - `next` of the page before. */
  list(folder: string | null, cursor: string | null): Promise<Page>;
  stat(ref: string): Promise<StoredFile>;
  /**
   * Opens bytes for reading. `end` beyond the file is clamped to its last byte. A storage that
   * ignores ranges still yields exactly the range (it reads and drops what comes before).
   *
   * @param signal - aborts the transfer too; the storage's own signal ends it as well.
   * @throws AppError `range_not_satisfiable` when the file has no byte at `range.start`.
   */
  openRange(ref: string, range: ByteRange, signal: AbortSignal): Promise<OpenedRange>;
  /**
   * An address that gives the file to whoever has it, without us and without our credential, for so
   * many seconds and an hour at most. It is a secret itself. Absent where a storage has none.
   *
   * @throws AppError `not_found` for what can be no file; whether it is there is not looked up.
   */
  directUrl?(ref: string, seconds: number): URL;
  /**
   * Whether anything below a folder is other than when the cursor was given, without listing all of
   * it. The answer may be about more than that folder. Absent where only a listing can tell.
   *
   * @param root - a folder's ref, or `null` for the top.
   * @param cursor - of the answer before; `null`, or one that is no good any more, begins anew. It
   *   tells whose it is: of another account or root it is no good.
   * @returns `null` where of this root only a listing can tell.
   */
  changes?(root: string | null, cursor: string | null): Promise<Changes | null>;
  /**
   * Tells at once that something happens below a folder, as far as the storage hears of it: reason
   * to look sooner, never to look less. Absent where nobody tells.
   *
   * @param root - a folder's ref, or `null` for the top.
   * @returns when the storage's signal ends it.
   * @throws whatever says that nothing is heard any more, at any time.
   */
  watch?(root: string | null, onNews: OnNews): Promise<void>;
  /** `changes` says where: folders that it does not name need not be listed. */
  readonly namesChanges?: true;
  /** Files are seen while they are still being written. */
  readonly growsInPlace?: true;
  /**
   * A page of all files below a folder, at any depth, without the folders. Absent where that takes
   * as many questions as there are folders.
   */
  listDeep?(root: string | null, cursor: string | null): Promise<Page>;
  /**
   * Paths of audio files at any depth, which are their refs, as an index of the storage has them: it may
   * lack some, so no library is made of it. Absent where there is no such index.
   *
   * @param most - how many are wanted.
   * @returns `null` where this one has none, as far as that is known without asking.
   */
  findAudio?(most: number): Promise<readonly string[] | null>;
  /** How full the storage is; `null` when it does not say. Absent where there is no such thing. */
  quota?(): Promise<Quota | null>;
  /** Takes new files. Absent where we only ask to read. */
  readonly writing?: Writing;
  /**
   * Deletes a file, whoever put it there; the folder it lies in stays. Some storages keep it in a bin of
   * theirs for a while. Absent where we only ask to read.
   *
   * @param known - what is to go: nothing else that has its ref by now.
   * @throws AppError `conflict` when the file is another by now.
   */
  remove?(known: KnownFile): Promise<void>;
  /**
   * Puts another version in the place of a file: whoever looks sees the one or the other, and at no
   * moment neither. Absent where we only ask to read, or nobody promises that.
   *
   * @param known - what is to be replaced: nothing else that has its ref by now.
   * @throws AppError `conflict` when the file is another by now, `storage_full`; the file is as it was then.
   */
  replace?(known: KnownFile, version: NewVersion): Promise<StoredFile>;
  /**
   * Gives the place of a file to its new version, where a `replace` broke off after the old one had lost it.
   * Settles too when there is nothing to do. Absent where that cannot be.
   *
   * @param id - of the version.
   */
  recover?(ref: string, id: string): Promise<void>;
}

/** Something has come, gone or changed. */
export interface News {
  /** `folder` too where nobody can tell. */
  readonly kind: "file" | "folder";
  readonly name: string;
  /** When the last bytes came, after which there may be more; `null` where it is not about bytes. */
  readonly writtenAt: Date | null;
}

export type OnNews = (news: News) => void;

export interface Quota {
  readonly usedBytes: number;
  /** `null`: without a limit. */
  readonly totalBytes: number | null;
}

/** The world, as a provider gets it. */
export interface StorageIo {
  readonly egress: Egress;
  readonly now: () => Date;
  /** Ends everything that the storage does. */
  readonly signal: AbortSignal;
  /** A person asks for this now: what was refused a moment ago may be asked once more. */
  readonly isAskedFor?: boolean;
}

/** What a successful connect tells about the account behind it. */
export interface Connected<C> {
  readonly credential: C;
  /** Suggested name of the connection, e.g. 'Nextcloud' or the host. */
  readonly name: string;
  /** Who is connected: 'anna at cloud.example'. */
  readonly identity: string | null;
  /** What the storage calls that person: 'Anna Larsson'. Tells nobody apart. */
  readonly displayName?: string | null;
  /** What answered, e.g. 'Nextcloud 33.0.2'. */
  readonly product: string | null;
  /** When the provider ends the access by itself, where it says so. */
  readonly accessEndsAt?: Date | null;
}

/** A sign-in at the storage's own pages that nobody has granted yet. */
export interface BegunLogin {
  /** For the browser; of the host that was asked. */
  readonly loginUrl: URL;
  readonly host: string;
  /** What answered, e.g. 'Nextcloud 33.0.2'. */
  readonly product: string;
  /** What the storage is asked with from now on: JSON, and a secret. */
  readonly held: unknown;
}

/**
 * One kind of storage. It speaks a protocol and knows nothing else: no database, no user, no HTTP
 * status of ours, no retry policy.
 */
export interface ProviderSpec<Id extends ProviderId, S extends z.ZodObject, C>
  extends ProviderBase<Id, S, C> {
  readonly connect: {
    readonly kind: "form";
    /**
     * Tries the form against the storage, completing what a person leaves out (scheme, DAV root, user id).
     *
     * @throws AppError with a sentence for the person beside the form.
     */
    verify(
      settings: z.output<S>,
      form: Extract<ConnectForm, { provider: Id }>,
      io: StorageIo,
    ): Promise<Connected<C>>;
    /** The form as it may be shown again: nothing in it opens anything. */
    saved(credential: C): Extract<SavedForm, { provider: Id }>;
  };
  /** Signing in at the storage itself, beside the form. Absent where there is no such thing. */
  readonly login?: {
    /** @throws AppError with a sentence for the person beside the address. */
    begin(settings: z.output<S>, url: string, io: StorageIo): Promise<BegunLogin>;
    /** @returns what was granted, which is told once only; `null` while nobody has granted it. */
    poll(settings: z.output<S>, held: unknown, io: StorageIo): Promise<C | null>;
    /** Tries what was granted. */
    complete(settings: z.output<S>, credential: C, io: StorageIo): Promise<Connected<C>>;
  };
}

export interface ProviderBase<Id extends ProviderId, S extends z.ZodObject, C> {
  readonly id: Id;
  readonly name: string;
  readonly description: string;
  /** Flat environment variables of its own. */
  readonly settings: S;
  /** What is sealed in `connections.sealed_credential`; parsed again on every read. */
  readonly credential: z.ZodType<C>;
  /** Why nobody can connect one on this server, in a sentence; `null` when they can. */
  offWhy(settings: z.output<S>): string | null;
  /** Folder only: what the administrator has allowed. */
  roots?(settings: z.output<S>): readonly string[];
  /** What it attaches has a `watch`, mostly. */
  readonly hasNews?: true;
  /** What it attaches has a `directUrl`. */
  readonly hasDirectUrls?: true;
  /** What it attaches has `remove`, but for the demo. */
  readonly hasRemoval?: true;
  attach(settings: z.output<S>, credential: C, io: StorageIo): Storage;
  /** Absent where access cannot be given back: it is only forgotten here then. */
  readonly revocation?: {
    /**
     * What opens the storage: the same for two credentials that are one access over there, which
     * must not end while one of them is in use. `null` when there is nothing to give back.
     */
    accessOf(credential: C): string | null;
    /**
     * Tells the storage that nobody needs this access any more. Settles too when it does not work
     * any more, or is none that we may end.
     *
     * @throws AppError when it may be told later.
     */
    revoke(settings: z.output<S>, credential: C, io: StorageIo): Promise<void>;
  };
}

/** Keeps the type parameters of a provider together. */
export const defineProvider = <Id extends ProviderId, S extends z.ZodObject, C>(
  spec: ProviderSpec<Id, S, C>,
): ProviderSpec<Id, S, C> => spec;
