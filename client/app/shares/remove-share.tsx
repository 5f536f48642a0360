import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Share } from "#contract/shares.ts";
import { trpc } from "../api.ts";
import { Confirm } from "../frame/confirm.tsx";
import { shares } from "../words/shares.ts";
import { refreshShares } from "./list.ts";

const words = shares.remove;

interface RemoveShareProps {
  readonly share: Share;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says who is cut off before they are. */
export function RemoveShare({ share, isOpen, onClose }: RemoveShareProps) {
  const remove = useMutation(
    trpc.playback.shares.remove.mutationOptions({
      onSuccess() {
        onClose();
        notifications.show({ message: words.done });
      },
      onSettled: () => refreshShares(),
    }),
  );
  return (
    <Confirm
      title={words.title}
      texts={words.texts}
      confirm={words.confirm}
      isHarmful
      isOpen={isOpen}
      onClose={() => {
        onClose();
        remove.reset();
      }}
      onConfirm={() => remove.mutate({ shareId: share.id })}
      isPending={remove.isPending}
      error={remove.error}
    />
  );
}
