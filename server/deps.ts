import type { FastifyBaseLogger } from "fastify";
import type { AnswerCache } from "#server/base/answer-cache.ts";
import type { Counters } from "#server/base/counters.ts";
import type { Pool } from "#server/base/db.ts";
import type { Egress } from "#server/base/egress/client.ts";
import type { Events } from "#server/base/events.ts";
import type { Jobs } from "#server/base/jobs.ts";
import type { SessionKeys } from "#server/base/keys.ts";
import type { Mailer } from "#server/base/mailer.ts";
import type { Maintenance } from "#server/base/maintenance.ts";
import type { Vault } from "#server/base/vault.ts";
import type { Config } from "#server/config.ts";
import type { RangeCache } from "#server/playback/range-cache.ts";
import type { Providers } from "#server/storage/registry.ts";
import type { StorageServer } from "#server/storage/remote.ts";
import type { Transcoding } from "#server/transcoding/service.ts";

/**
 * What the server is made of. Built once in `main.ts`, and by hand in tests.
 * A service function asks for the fields it uses: `Pick<Deps, "db" | "vault">`.
 */
export interface Deps {
  readonly config: Config;
  readonly db: Pool;
  /** Asks the database for a sign of life, past a pool that may be used up; throws without one. */
  readonly probe: () => Promise<void>;
  readonly counters: Counters;
  readonly answers: AnswerCache;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly maintenance: Maintenance;
  readonly vault: Vault;
  readonly sessionKeys: SessionKeys;
  readonly providers: Providers;
  readonly egress: Egress;
  /** Where a process without keys reads storages through; `null` for one that opens them itself. */
  readonly storageServer: StorageServer | null;
  /** `null`: recordings are only sent as they are. */
  readonly transcoding: Transcoding | null;
  /** Where recordings that are played are kept for the next listener; `null` where they are not. */
  readonly rangeCache: RangeCache | null;
  readonly mailer: Mailer;
  readonly now: () => Date;
  readonly log: FastifyBaseLogger;
}
