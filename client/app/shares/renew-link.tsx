import { Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Share } from "#contract/shares.ts";
import { trpc } from "../api.ts";
import { Confirm } from "../frame/confirm.tsx";
import { shares } from "../words/shares.ts";
import { LinkView } from "./link-view.tsx";
import { refreshShares } from "./list.ts";

const words = shares.renew;

interface RenewLinkProps {
  readonly share: Share;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Another link in the place of one that went too far. */
export function RenewLink({ share, isOpen, onClose }: RenewLinkProps) {
  const renew = useMutation(
    trpc.playback.shares.renewLink.mutationOptions({ onSettled: () => refreshShares() }),
  );
  const close = () => {
    onClose();
    renew.reset();
  };
  if (renew.data) {
    return (
      <Modal
        opened={isOpen}
        onClose={close}
        // By a slip it would be gone for good.
        closeOnClickOutside={false}
        title={shares.link.title}
      >
        <LinkView path={renew.data.path} password={null} onDone={close} />
      </Modal>
    );
  }
  return (
    <Confirm
      title={words.title}
      texts={words.texts}
      confirm={words.confirm}
      isOpen={isOpen}
      onClose={close}
      onConfirm={() => renew.mutate({ shareId: share.id })}
      isPending={renew.isPending}
      error={renew.error}
    />
  );
}
