import type { ScanProgress } from "#contract/scans.ts";
import { formatBytes, formatCount } from "../words/format.ts";
import { storage } from "../words/storage.ts";
import s from "./scan.module.css";
import { doneOf } from "./scan.ts";

const words = storage.scan;

/** A scan at work: a bar and its figures. */
export function ScanFigures({
  scan,
  name,
}: {
  readonly scan: ScanProgress;
  readonly name?: string;
}) {
  const figures: readonly (readonly [string, string])[] = [
    [words.found, formatCount(scan.found)],
    [words.read, scan.toRead > 0 ? words.readOf(scan) : formatCount(scan.read)],
    [words.failed, formatCount(scan.failed)],
    [words.bytes, formatBytes(scan.bytesRead)],
  ];
  return (
    <div>
      <div className={s.head}>
        <span>{words.states[scan.state]}</span>
        <span className="soft times">
          {scan.state === "listing" ? words.folders(scan) : percent(doneOf(scan))}
        </span>
      </div>
      <ScanBar scan={scan} label={words.progress(name ?? "")} />
      <dl className={s.figures}>
        {figures.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd className="times">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const percent = (done: number | null): string =>
  done === null ? "" : `${Math.floor(done * 100)} %`;

function ScanBar({ scan, label }: { readonly scan: ScanProgress; readonly label: string }) {
  const done = doneOf(scan);
  return (
    <div
      className={s.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={words.short(scan)}
      {...(done === null ? {} : { "aria-valuenow": Math.floor(done * 100) })}
      data-unknown={done === null || undefined}
    >
      <span className={s.done} style={{ transform: `scaleX(${done ?? 1})` }} />
    </div>
  );
}
