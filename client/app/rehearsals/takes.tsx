import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCalendarMinus, IconDots } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { Track } from "#contract/library.ts";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { sentenceOf, trpc } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { usePlayer } from "../playback/use-player.ts";
import s from "../playlists/playlists.module.css";
import { formatDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { noteRehearsal } from "./rehearsals.ts";

interface TakesProps {
  readonly rehearsal: WholeRehearsal;
  readonly onPlay: (index: number) => void;
}

/** What was recorded on the day, in the order of the files. */
export function Takes({ rehearsal, onPlay }: TakesProps) {
  const isEditor = useIsEditor();
  const remove = useMutation(
    trpc.library.rehearsals.removeTakes.mutationOptions({
      onSuccess: noteRehearsal,
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
    }),
  );
  if (rehearsal.takes.length === 0) return <p className="soft">{rehearsals.nothing}</p>;
  const takeOut = ({ id, title }: Track) =>
    remove.mutate(
      { rehearsalId: rehearsal.id, trackIds: [id] },
      { onSuccess: () => notifications.show({ message: rehearsals.taken(title) }) },
    );
  return (
    <ol className={s.items} aria-label={rehearsals.takes} aria-busy={remove.isPending}>
      {rehearsal.takes.map((track, index) => (
        <li key={track.id} className={s.item}>
          <TakeLine track={track} index={index} onPlay={() => onPlay(index)} />
          {isEditor ? <TakeMenu track={track} onTakeOut={() => takeOut(track)} /> : null}
        </li>
      ))}
    </ol>
  );
}

interface TakeLineProps {
  readonly track: Track;
  readonly index: number;
  readonly onPlay: () => void;
}

function TakeLine({ track, index, onPlay }: TakeLineProps) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const isMissing = track.state === "missing";
  return (
    <button
      type="button"
      className={s.itemPlay}
      aria-current={isCurrent ? "true" : undefined}
      disabled={isMissing}
      onClick={onPlay}
    >
      <span className="out-of-sight">{rehearsals.playTake}</span>
      <span className={`${s.number} times`}>
        {isCurrent ? <LevelBars isPlaying={isPlaying} /> : index + 1}
      </span>
      <span className={s.itemCover}>
        <Cover track={track} size="small" />
      </span>
      <span className={s.text}>
        <span className={`${s.itemTitle} cut`}>{track.title}</span>
        <span className="soft cut">
          {isMissing && track.missingSince
            ? library.missingSince(track.missingSince)
            : (track.artist ?? library.unknownArtist)}
        </span>
      </span>
      <span className="soft times">
        {track.durationMs === null ? "" : formatDuration(track.durationMs)}
      </span>
    </button>
  );
}

const TakeMenu = (props: { readonly track: Track; readonly onTakeOut: () => void }) => (
  <Menu position="bottom-end" width={208}>
    <Menu.Target>
      <ActionIcon aria-label={rehearsals.moreForTake(props.track.title)}>
        <IconDots size={18} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item
        leftSection={<IconCalendarMinus size={16} aria-hidden />}
        onClick={props.onTakeOut}
      >
        {rehearsals.takeOut}
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
);
