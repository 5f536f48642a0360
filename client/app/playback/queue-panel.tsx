import { Drawer } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { playback } from "../words/playback.ts";
import type { PlayedTrack } from "./deck.ts";
import { RepeatButton, ShuffleButton } from "./mode-buttons.tsx";
import type { Queue } from "./queue.ts";
import { QueueEntry } from "./queue-entry.tsx";
import s from "./queue-panel.module.css";
import { useControls, usePlayer } from "./use-player.ts";

/** What comes is looked at, not searched: a screenful or two. */
const SHOWN = 40;

/** What plays and what comes, whose order is changed by dragging, by keys or by each one's menu. */
export function QueuePanel({ onClose }: { readonly onClose: () => void }) {
  const player = useControls();
  const queue = usePlayer((state) => state.queue);
  const [dragged, setDragged] = useState<number | null>(null);
  const first = queue?.index ?? 0;
  const count = queue?.tracks.length ?? 0;
  const shown = queue?.tracks.slice(first, first + SHOWN) ?? [];
  const keys = toKeys(shown);
  const move = (from: number, to: number) => {
    const track = queue?.tracks[from];
    if (!track || from === to || to <= first || to >= count) return;
    player.moveInQueue(from, to);
    say(playback.queueMoved(track.title, to - first));
  };
  const take = (at: number) => {
    const track = queue?.tracks[at];
    if (!track) return;
    player.removeFromQueue(at);
    say(playback.queueTaken(track.title));
  };
  return (
    <Drawer opened onClose={onClose} position="right" size={360} title={playback.queueTitle}>
      <div className={s.modes}>
        <ShuffleButton />
        <RepeatButton />
      </div>
      <ol className={s.queue}>
        {shown.map((track, behind) => {
          const at = first + behind;
          return (
            <QueueEntry
              key={keys[behind]}
              track={track}
              isCurrent={behind === 0}
              isFirst={behind === 1}
              isLast={at === count - 1}
              isDragged={dragged === at}
              isTarget={dragged !== null}
              onPlay={() => (behind === 0 ? player.play() : player.jump(at))}
              onMove={(by) => move(at, at + by)}
              onNext={() => move(at, first + 1)}
              onTake={() => take(at)}
              onDrag={(isBegun) => setDragged(isBegun ? at : null)}
              onDrop={() => dragged !== null && move(dragged, Math.max(first + 1, at))}
            />
          );
        })}
      </ol>
      <p className={s.note}>{endOf(queue)}</p>
    </Drawer>
  );
}

/** What is not shown of it. */
function endOf(queue: Queue | null): string {
  const hasMore = queue && (queue.next !== null || queue.index + SHOWN < queue.tracks.length);
  if (!hasMore) return playback.queueEnd;
  return queue.list ? playback.queueDrawn : playback.queueMore;
}

/** In place of what was said of the step before. */
function say(message: string): void {
  notifications.hide("queue-order");
  notifications.show({ id: "queue-order", message });
}

/** A track can be in the queue twice; each stays who it is when it is moved. */
function toKeys(shown: readonly PlayedTrack[]): string[] {
  const seen = new Map<string, number>();
  return shown.map(({ id }) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    return `${id} ${before}`;
  });
}
