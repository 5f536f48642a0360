import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { MorePages } from "../frame/more-pages.tsx";
import { Choice, ChooseList } from "../lists/choose-list.tsx";
import { ListLine } from "../lists/list-line.tsx";
import type { Listable } from "../lists/listable.ts";
import { nameTracks } from "../words/library.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { EditRehearsal } from "./edit-rehearsal.tsx";
import { RehearsalCover } from "./rehearsal-cover.tsx";
import { noteRehearsal, useRehearsals } from "./rehearsals.ts";

interface FileUnderRehearsalProps {
  readonly tracks: readonly Listable[];
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
  return (
    <ChooseList
      title={rehearsals.fileTitle(nameTracks(tracks))}
      label={rehearsals.list}
      error={file.error}
      more={<MorePages list={list} />}
      create={rehearsals.create}
      onCreate={() => setIsNew(true)}
      onClose={onClose}
    >
      {all.map((rehearsal) => (
        <Choice
          key={rehearsal.id}
          isPending={file.isPending}
          onChoose={() => file.mutate({ rehearsalId: rehearsal.id, trackIds })}
        >
          <ListLine
            cover={<RehearsalCover rehearsal={rehearsal} />}
            name={rehearsal.title}
            facts={rehearsals.heldOn(rehearsal.heldOn)}
          />
        </Choice>
      ))}
    </ChooseList>
  );
}
