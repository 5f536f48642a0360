import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCalendarMinus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { Track } from "#contract/library.ts";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { sentenceOf, trpc } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { MoreMenu } from "../frame/more-menu.tsx";
import { ListedTrack } from "../lists/listed-track.tsx";
import s from "../lists/lists.module.css";
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
          <ListedTrack
            track={track}
            index={index}
            by={track.artist ?? library.unknownArtist}
            onPlay={() => onPlay(index)}
          />
          {isEditor ? <TakeMenu track={track} onTakeOut={() => takeOut(track)} /> : null}
        </li>
      ))}
    </ol>
  );
}

const TakeMenu = (props: { readonly track: Track; readonly onTakeOut: () => void }) => (
  <MoreMenu label={rehearsals.moreForTake(props.track.title)}>
    <Menu.Item leftSection={<IconCalendarMinus size={16} aria-hidden />} onClick={props.onTakeOut}>
      {rehearsals.takeOut}
    </Menu.Item>
  </MoreMenu>
);
