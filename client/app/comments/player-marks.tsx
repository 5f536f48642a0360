import type { Thread } from "#contract/comments.ts";
import { useControls, usePlayer } from "../playback/use-player.ts";
import { comments } from "../words/comments.ts";
import { Marks } from "./marks.tsx";

/** Where somebody has written something about what plays: each mark leads there. */
export function PlayerMarks() {
  const player = useControls();
  const track = usePlayer((state) => state.track);
  if (!track) return null;
  const goTo = ({ atMs }: Thread) => {
    player.seek((atMs ?? 0) / 1000);
    if (!player.state.get().isPlaying) player.play();
  };
  return (
    <Marks
      key={track.id}
      trackId={track.id}
      durationMs={track.durationMs}
      title={comments.ofPlaying}
      nameMark={comments.goTo}
      onOpen={goTo}
      isLow
    />
  );
}
