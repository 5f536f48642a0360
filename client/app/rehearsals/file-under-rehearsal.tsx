import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import s from "../playlists/playlists.module.css";
import { nameTracks } from "../words/library.ts";
import { rehearsals } from "../words/rehearsals.ts";
import type { Fileable } from "./dialog.ts";
import { EditRehearsal } from "./edit-rehearsal.tsx";
import { RehearsalCover } from "./rehearsal-cover.tsx";
import { noteRehearsal, useRehearsals } from "./rehearsals.ts";

interface FileUnderRehearsalProps {
  readonly tracks: readonly Fileable[];
  readonly onClose: () => void;
}

/** Makes recordings takes of a rehearsal, or of a new one. */
export function FileUnderRehearsal({ tracks, onClose }: FileUnderRehearsalProps) {
  const list = useRehearsals(useBandId());
  const trackIds = tracks.map(({ id }) => id);
  const all = list.data?.pages.flatMap((page) => page.rehearsals) ?? [];
  const [isNew, setIsNew] = useState(false);
  const say = ({ title }: WholeRehearsal) =>
    notifications.show({ message: rehearsals.filed(nameTracks(tracks), title) });
  const file = useMutation(
    trpc.library.rehearsals.fileTakes.mutationOptions({
      async onSuccess(rehearsal) {
        onClose();
        say(rehearsal);
        await noteRehearsal(rehearsal);
      },
    }),
  );
  if (isNew) return <EditRehearsal trackIds={trackIds} onClose={onClose} onMade={say} />;
  const failure = file.error ?? list.error;
  return (
    <Modal opened onClose={onClose} title={rehearsals.fileTitle(nameTracks(tracks))}>
      <ul className={s.choices} aria-label={rehearsals.list}>
        {all.map((rehearsal) => (
          <li key={rehearsal.id}>
            <button
              type="button"
              className={s.line}
              disabled={file.isPending}
              onClick={() => file.mutate({ rehearsalId: rehearsal.id, trackIds })}
            >
              <RehearsalCover rehearsal={rehearsal} />
              <span className={s.text}>
                <span className={`${s.name} cut`}>{rehearsal.title}</span>
                <span className="soft times">{rehearsals.heldOn(rehearsal.heldOn)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <FormFailure>{failure ? sentenceOf(failure) : null}</FormFailure>
      <div className={s.foot}>
        {list.hasNextPage ? (
          <Button variant="default" onClick={() => void list.fetchNextPage()}>
            {rehearsals.showMore}
          </Button>
        ) : null}
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setIsNew(true)}
        >
          {rehearsals.create}
        </Button>
      </div>
    </Modal>
  );
}
