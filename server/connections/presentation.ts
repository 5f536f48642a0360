import type { Connection } from "#contract/connections.ts";
import { providerModules } from "#server/storage/registry.ts";
import type { ScanRow, TrackCounts } from "./presentation-store.ts";
import { toScanProgress } from "./scan-progress.ts";
import type { ConnectionRow } from "./store.ts";

/** What it was before it was paused says nothing any more; it is asked anew when it is resumed. */
const toHealth = ({ pausedAt, health, healthMessage, unavailableSince }: ConnectionRow) =>
  pausedAt
    ? ({ health: "paused", healthMessage: null, unavailableSince: pausedAt.toISOString() } as const)
    : { health, healthMessage, unavailableSince: unavailableSince?.toISOString() ?? null };

const moduleOf = ({
  provider,
}: ConnectionRow): { readonly hasDirectUrls?: true; readonly hasRemoval?: true } =>
  providerModules[provider];

const toSwitch = (isOffered: boolean | undefined, isOn: boolean) => {
  if (!isOffered) return null;
  return isOn ? "on" : "off";
};

const toQuota = ({ quotaUsedBytes, quotaTotalBytes, quotaCheckedAt }: ConnectionRow) =>
  quotaUsedBytes === null || quotaCheckedAt === null
    ? null
    : {
        usedBytes: quotaUsedBytes,
        totalBytes: quotaTotalBytes,
        checkedAt: quotaCheckedAt.toISOString(),
      };

export const toConnection = (
  row: ConnectionRow,
  counts: TrackCounts | undefined,
  newest: ScanRow | undefined,
  lookedAt: Date | undefined,
): Connection => ({
  id: row.id,
  bandId: row.bandId,
  provider: row.provider,
  name: row.name,
  identity: row.identity,
  displayName: row.displayName,
  product: row.product,
  rootPath: row.hasRoot ? (row.rootPath ?? "") : null,
  isDemo: row.isDemo,
  isPrimary: row.isPrimary,
  ...toHealth(row),
  accessEndsAt: row.accessEndsAt?.toISOString() ?? null,
  direct: toSwitch(moduleOf(row).hasDirectUrls, row.isDirect),
  deleting: toSwitch(moduleOf(row).hasRemoval && !row.isDemo, row.allowsDeleting),
  quota: toQuota(row),
  lookedAt: lookedAt?.toISOString() ?? null,
  trackCount: counts?.present ?? 0,
  missingCount: counts?.missing ?? 0,
  createdAt: row.createdAt.toISOString(),
  scan: newest ? toScanProgress(newest) : null,
});
