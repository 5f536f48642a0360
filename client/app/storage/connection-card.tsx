import type { Connection } from "#contract/connections.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { useUploadTarget } from "../uploads/target.ts";
import { deleting } from "../words/deleting.ts";
import { direct } from "../words/direct.ts";
import { formatCount, formatDay } from "../words/format.ts";
import { isSignIn, signIns } from "../words/sign-ins.ts";
import { storage } from "../words/storage.ts";
import { CardActions } from "./card-actions.tsx";
import { HealthLine } from "./health-line.tsx";
import { ProviderIcon } from "./provider-icon.tsx";
import { QuotaLine } from "./quota-line.tsx";
import { RunningScan } from "./running-scan.tsx";
import { hasChanged, isRunning } from "./scan.ts";
import s from "./storage.module.css";
import { Withheld } from "./withheld.tsx";

const words = storage.card;

interface ConnectionCardProps {
  readonly connection: Connection;
  readonly isOwner: boolean;
}

/** A connection: whose, where, how it is, and what the last scan found. */
export function ConnectionCard({ connection, isOwner }: ConnectionCardProps) {
  const { name, scan } = connection;
  return (
    <article className={s.card} aria-label={name}>
      <header className={s.cardHead}>
        <span className={s.cardIcon}>
          <ProviderIcon provider={connection.provider} isDemo={connection.isDemo} />
        </span>
        <div className={s.cardTitle}>
          <h2 className={s.cardName}>
            {name}
            {connection.isPrimary ? (
              <span className={s.tag} title={words.primaryHint}>
                {words.primary}
              </span>
            ) : null}
          </h2>
          <p className="soft">
            {[words.connectedAs(connection), connection.product].filter((part) => part).join(" · ")}
          </p>
        </div>
        <CardActions connection={connection} isOwner={isOwner} />
      </header>
      <HealthLine connection={connection} />
      <AccessEnd connection={connection} />
      <Facts connection={connection} />
      {connection.isPrimary && connection.health === "active" ? <NoUploads /> : null}
      {connection.quota ? <QuotaLine quota={connection.quota} /> : null}
      {scan && isRunning(scan) ? <RunningScan connection={connection} scan={scan} /> : null}
      {scan && !isRunning(scan) ? <LastScan connection={connection} isOwner={isOwner} /> : null}
    </article>
  );
}

/** In place of the button, which has nothing to offer then. What is wrong with its health is said above. */
function NoUploads() {
  const reason = useUploadTarget()?.unavailableBecause;
  return reason ? <p className={s.scanNote}>{reason}</p> : null;
}

function AccessEnd({ connection }: { readonly connection: Connection }) {
  const { provider, accessEndsAt } = connection;
  if (accessEndsAt === null || !isSignIn(provider)) return null;
  const note = signIns[provider].ends(formatDay(accessEndsAt));
  return note === null ? null : <p className={s.scanNote}>{note}</p>;
}

function Facts({ connection }: { readonly connection: Connection }) {
  const { rootPath, scan, trackCount, missingCount } = connection;
  return (
    <dl className={s.facts}>
      <Fact term={words.root} isLong>
        {rootPath === null ? words.noRoot : rootPath === "" ? words.top : rootPath}
      </Fact>
      <Fact term={words.tracks}>{formatCount(trackCount)}</Fact>
      {missingCount > 0 ? <Fact term={words.missing}>{formatCount(missingCount)}</Fact> : null}
      {connection.direct === "on" ? <Fact term={direct.fact}>{direct.straight}</Fact> : null}
      {connection.deleting === "on" ? <Fact term={deleting.fact}>{deleting.allowed}</Fact> : null}
      {scan ? <Fact term={words.bytesRead}>{words.bytes(scan)}</Fact> : null}
      <Fact term={words.lastScan}>{describeLast(scan)}</Fact>
    </dl>
  );
}

function describeLast(scan: ScanProgress | null): string {
  if (scan === null) return words.never;
  if (scan.finishedAt === null) return words.now;
  const found = hasChanged(scan) ? ` · ${storage.scan.outcome(scan)}` : "";
  return words.ago(scan.finishedAt) + found;
}

interface FactProps {
  readonly term: string;
  readonly children: string;
  readonly isLong?: boolean;
}

const Fact = ({ term, children, isLong = false }: FactProps) => (
  <div data-long={isLong || undefined}>
    <dt>{term}</dt>
    <dd className="times">{children}</dd>
  </div>
);

function LastScan({ connection, isOwner }: ConnectionCardProps) {
  const { scan } = connection;
  if (!scan) return null;
  return (
    <>
      {scan.message ? <p className={s.scanNote}>{scan.message}</p> : null}
      {scan.withheld > 0 ? (
        <Withheld scan={scan} bandId={connection.bandId} isOwner={isOwner} />
      ) : null}
    </>
  );
}
