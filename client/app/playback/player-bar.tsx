import { useMediaQuery } from "@mantine/hooks";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { playback } from "../words/playback.ts";
import { RepeatButton, ShuffleButton } from "./mode-buttons.tsx";
import { NowPlaying } from "./now-playing.tsx";
import s from "./player.module.css";
import { PlayerMenu } from "./player-menu.tsx";
import { RateMenu } from "./rate-menu.tsx";
import { SeekBar } from "./seek-bar.tsx";
import { ThinProgress } from "./thin-progress.tsx";
import { NextButton, PlayButton, PreviousButton, QueueButton } from "./transport-buttons.tsx";
import { TroubleLine } from "./trouble-line.tsx";
import { usePlayer } from "./use-player.ts";
import { VolumeControl } from "./volume-control.tsx";

const FullPlayer = lazy(() =>
  import("./full-player.tsx").then((module) => ({ default: module.FullPlayer })),
);
const QueuePanel = lazy(() =>
  import("./queue-panel.tsx").then((module) => ({ default: module.QueuePanel })),
);

/** What other features have to say of what plays. */
interface Added {
  readonly heart: ReactNode;
  readonly marks: ReactNode;
}

/** Always there, whatever screen is shown. The sound itself is not in here and never stops for it. */
export function PlayerBar({ heart, marks }: Added) {
  const isCompact = useMediaQuery("(max-width: 767px)", undefined, {
    getInitialValueInEffect: false,
  });
  const [opened, setOpened] = useState<"queue" | "full" | null>(null);
  const close = () => setOpened(null);
  return (
    <section className={s.player} aria-label={playback.region}>
      <TroubleLine />
      {isCompact ? (
        <CompactBar onOpen={() => setOpened("full")} />
      ) : (
        <WideBar heart={heart} marks={marks} onOpenQueue={() => setOpened("queue")} />
      )}
      <Suspense>
        {opened === "queue" ? <QueuePanel onClose={close} /> : null}
        {opened === "full" ? (
          <FullPlayer
            heart={heart}
            marks={marks}
            onClose={close}
            onOpenQueue={() => setOpened("queue")}
          />
        ) : null}
      </Suspense>
    </section>
  );
}

interface WideBarProps extends Added {
  readonly onOpenQueue: () => void;
}

const WideBar = ({ heart, marks, onOpenQueue }: WideBarProps) => (
  <div className={s.wide}>
    <NowPlaying />
    <div className={s.transport}>
      <span className={s.roomy}>
        <ShuffleButton />
      </span>
      <PreviousButton />
      <PlayButton />
      <NextButton />
      <span className={s.roomy}>
        <RepeatButton />
      </span>
    </div>
    <SeekBar marks={marks} />
    <div className={s.tools}>
      <RateMenu />
      <PlayerMenu />
      {heart}
      <QueueButton onOpen={onOpenQueue} />
      <VolumeControl />
    </div>
  </div>
);

function CompactBar({ onOpen }: { readonly onOpen: () => void }) {
  const hasTrack = usePlayer((state) => state.track !== null);
  return (
    <div className={s.compact}>
      <ThinProgress />
      {hasTrack ? (
        <button type="button" className={s.openFull} aria-label={playback.open} onClick={onOpen} />
      ) : null}
      <NowPlaying isPlain />
      <PlayButton />
      <NextButton />
    </div>
  );
}
