import { ActionIcon, Popover, UnstyledButton } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconMoon } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { playback } from "../words/playback.ts";
import s from "./player-menu.module.css";
import { usePlayer } from "./use-player.ts";
import { useSleepLeft } from "./use-sleep-left.ts";

const PlayerChoices = lazy(() =>
  import("./player-choices.tsx").then((module) => ({ default: module.PlayerChoices })),
);

/** What one sets now and then: a loop, when to stop, and how it sounds from track to track. */
export function PlayerMenu() {
  const hasTrack = usePlayer((state) => state.track !== null);
  const hasLoop = usePlayer((state) => state.loop !== null);
  const sleepLeft = useSleepLeft();
  return (
    <Popover position="top-end" width={296} trapFocus shadow="md">
      <Popover.Target>
        {sleepLeft ? (
          <UnstyledButton
            className={`${s.sleeping} times`}
            aria-label={`${playback.more}. ${sleepLeft.sentence}`}
          >
            <IconMoon size={16} aria-hidden />
            <span data-sleep-left="">{sleepLeft.short}</span>
          </UnstyledButton>
        ) : (
          <ActionIcon
            className={s.target}
            size={36}
            disabled={!hasTrack}
            data-on={hasLoop || undefined}
            aria-label={playback.more}
          >
            <IconAdjustmentsHorizontal size={18} />
          </ActionIcon>
        )}
      </Popover.Target>
      <Popover.Dropdown aria-label={playback.more}>
        <Suspense>
          <PlayerChoices />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
