import { Drawer } from "@mantine/core";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import { RepeatButton, ShuffleButton } from "./mode-buttons.tsx";
import s from "./queue-panel.module.css";
import { useControls, usePlayer } from "./use-player.ts";

/** What comes is looked at, not searched: a screenful or two. */
const SHOWN = 40;

export function QueuePanel({ onClose }: { readonly onClose: () => void }) {
  const player = useControls();
  const queue = usePlayer((state) => state.queue);
  const first = queue?.index ?? 0;
  const shown = queue?.tracks.slice(first, first + SHOWN) ?? [];
  const hasMore = queue !== null && (queue.next !== null || first + SHOWN < queue.tracks.length);
  return (
    <Drawer opened onClose={onClose} position="right" size={360} title={playback.queueTitle}>
      <div className={s.modes}>
        <ShuffleButton />
        <RepeatButton />
      </div>
      <ol className={s.queue}>
        {shown.map((track, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a track can be in the queue twice
          <li key={`${track.id} ${first + at}`}>
            <button
              type="button"
              className={s.entry}
              aria-current={at === 0 ? "true" : undefined}
              disabled={track.state === "missing"}
              onClick={() => (at === 0 ? player.play() : player.jump(first + at))}
            >
              <span className={s.cover}>
                <Cover track={track} size="small" />
              </span>
              <span className={s.text}>
                <span className={`${s.title} cut`}>{track.title}</span>
                <span className="soft cut">{track.artist ?? library.unknownArtist}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p className={s.note}>{hasMore ? playback.queueMore : playback.queueEnd}</p>
    </Drawer>
  );
}
