import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Track } from "#contract/library.ts";
import { trpc } from "../api.ts";
import { Confirm } from "../frame/confirm.tsx";
import { useConnections } from "../storage/connections.ts";
import { deleting } from "../words/deleting.ts";
import { noteLibraryChanged } from "./changes.ts";

interface DeleteTrackProps {
  readonly track: Track;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}

/** Says what goes and what stays, before. */
export function DeleteTrack({ track, onDeleted, onClose }: DeleteTrackProps) {
  const { data: connections = [] } = useConnections(track.bandId);
  const storage = connections.find((each) => each.id === track.connectionId)?.name ?? "";
  const isMissing = track.state === "missing";
  const words = isMissing ? deleting.ask.missing : deleting.ask.file;
  const remove = useMutation(
    trpc.library.tracks.delete.mutationOptions({
      onSuccess() {
        const say = isMissing ? deleting.hasLeft : deleting.isDeleted;
        notifications.show({ message: say(track.title) });
        onClose();
        onDeleted();
        noteLibraryChanged(track.bandId, "over");
      },
    }),
  );
  return (
    <Confirm
      title={words.title(track.title)}
      texts={words.texts(track.path, storage)}
      confirm={words.confirm}
      isHarmful
      isOpen
      onClose={onClose}
      onConfirm={() => remove.mutate({ trackId: track.id })}
      isPending={remove.isPending}
      error={remove.error}
    />
  );
}
