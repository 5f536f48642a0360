import { Progress } from "@mantine/core";
import type { StorageQuota } from "#contract/connections.ts";
import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const words = storage.quota;

/** Less than this part free is worth a word. */
const NEARLY = 0.9;

/** How full the storage is, as it said when it was last asked. */
export function QuotaLine({ quota }: { readonly quota: StorageQuota }) {
  const { usedBytes, totalBytes } = quota;
  const part = totalBytes === null ? null : totalBytes === 0 ? 1 : usedBytes / totalBytes;
  const isNearlyFull = part !== null && part >= NEARLY;
  return (
    <div className={s.quota} data-full={isNearlyFull || undefined}>
      <p className="times" title={words.asOf(quota)}>
        {words.used(quota)}
      </p>
      {part === null ? null : (
        <Progress
          value={Math.min(100, part * 100)}
          color={isNearlyFull ? "var(--danger)" : "var(--accent)"}
          size="sm"
          aria-label={words.title}
        />
      )}
      {isNearlyFull ? <p className={s.quotaWarning}>{words.nearlyFull(quota)}</p> : null}
    </div>
  );
}
