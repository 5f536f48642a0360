import { ActionIcon, Modal } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import s from "./full-player.module.css";
import { RepeatButton, ShuffleButton } from "./mode-buttons.tsx";
import { PlayerMenu } from "./player-menu.tsx";
import { RateMenu } from "./rate-menu.tsx";
import { SeekBar } from "./seek-bar.tsx";
import { NextButton, PlayButton, PreviousButton, QueueButton } from "./transport-buttons.tsx";
import { TroubleLine } from "./trouble-line.tsx";
import { usePlayer } from "./use-player.ts";

interface FullPlayerProps {
  readonly heart: ReactNode;
  readonly marks: ReactNode;
  readonly onClose: () => void;
  readonly onOpenQueue: () => void;
}

/** The player of a phone, over the whole screen. */
export function FullPlayer({ heart, marks, onClose, onOpenQueue }: FullPlayerProps) {
  const track = usePlayer((state) => state.track);
  if (!track) return null;
  return (
    <Modal
      opened
      fullScreen
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      transitionProps={{ transition: "slide-up", duration: 140 }}
      attributes={{ content: { "data-keys-pass": "", "aria-label": playback.fullRegion } }}
    >
      <div className={s.full}>
        <div className={s.head}>
          <ActionIcon size={44} aria-label={playback.close} onClick={onClose}>
            <IconChevronDown size={24} />
          </ActionIcon>
          <span>
            <PlayerMenu />
            <QueueButton onOpen={onOpenQueue} />
          </span>
        </div>
        <div className={s.cover}>
          <Cover track={track} size="large" label={library.track.coverOf(track.title)} />
        </div>
        <div className={s.text}>
          {track.bandId ? (
            <Link
              className={s.title}
              to="/b/$bandId/tracks/$trackId"
              params={{ bandId: track.bandId, trackId: track.id }}
              onClick={onClose}
            >
              {track.title}
            </Link>
          ) : (
            <div className={s.title}>{track.title}</div>
          )}
          <div className="soft cut">
            {[track.artist ?? library.unknownArtist, track.album].filter(Boolean).join(" · ")}
          </div>
        </div>
        <TroubleLine />
        <SeekBar isStacked marks={marks} />
        <div className={s.transport}>
          <RateMenu />
          <PreviousButton isLarge />
          <PlayButton isLarge />
          <NextButton isLarge />
          <span className={s.balance}>{heart}</span>
        </div>
        <div className={s.modes}>
          <ShuffleButton isLarge />
          <RepeatButton isLarge />
        </div>
      </div>
    </Modal>
  );
}
