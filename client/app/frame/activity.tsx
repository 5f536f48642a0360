import { Popover, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useConnections } from "../storage/connections.ts";
import { isRunning } from "../storage/scan.ts";
import { ScanFigures } from "../storage/scan-figures.tsx";
import { frame } from "../words/frame.ts";
import { storage } from "../words/storage.ts";
import { useBandId } from "./band.ts";
import { Pulse } from "./pulse.tsx";
import s from "./top-bar.module.css";

/** What is being worked on, with its figures; out of sight when nothing is. */
export function Activity() {
  const bandId = useBandId();
  const { data: connections = [] } = useConnections(bandId);
  const running = connections.filter((each) => each.scan && isRunning(each.scan));
  const [first] = running;
  if (!first?.scan) return null;
  return (
    <Popover position="bottom-end" width={320}>
      <Popover.Target>
        <UnstyledButton className={s.running}>
          <Pulse />
          <span className="out-of-sight">{frame.scansRunning(running.length)}. </span>
          <span className={`${s.runningText} times`}>{storage.scan.short(first.scan)}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={s.activity}>
          {running.map(({ id, name, scan }) =>
            scan ? (
              <div key={id}>
                <strong>{name}</strong>
                <ScanFigures scan={scan} />
              </div>
            ) : null,
          )}
          <Link to="/b/$bandId/storage" params={{ bandId }}>
            {frame.storage}
          </Link>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
