import { Button, Loader } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { playback } from "../words/playback.ts";
import s from "./player.module.css";
import { useControls, usePlayer } from "./use-player.ts";

/** Why it does not play, in the storage's or the server's own sentence, and what helps. */
export function TroubleLine() {
  const player = useControls();
  const trouble = usePlayer((state) => state.trouble);
  return (
    <div
      role="status"
      className={trouble ? s.trouble : undefined}
      data-player-trouble={trouble ? "" : undefined}
    >
      {trouble ? (
        <>
          {trouble.isRetrying ? (
            <Loader size={16} color="gray" aria-hidden />
          ) : (
            <IconAlertTriangle size={18} aria-hidden />
          )}
          <span>{trouble.message}</span>
          <Button variant="default" size="compact-sm" onClick={player.retry}>
            {playback.tryAgain}
          </Button>
        </>
      ) : null}
    </div>
  );
}
