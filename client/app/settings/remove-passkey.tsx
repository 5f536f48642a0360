import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Passkey } from "#contract/passkeys.ts";
import { backline } from "../api.ts";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { Confirm } from "../frame/confirm.tsx";
import { passkeys } from "../words/passkeys.ts";

const words = passkeys.remove;

interface RemovePasskeyProps {
  readonly passkey: Passkey;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onSettled: () => void;
}

export function RemovePasskey({ passkey: { id, name }, ...rest }: RemovePasskeyProps) {
  const { isOpen, onClose, onSettled } = rest;
  const { withProof, dialog } = useReauthentication();
  const remove = useMutation({
    mutationFn: () => withProof(() => backline.api.account.passkeys.remove.mutate({ id })),
    onSuccess() {
      notifications.show({ message: words.done(name) });
      onClose();
    },
    onSettled,
  });
  const close = () => {
    onClose();
    remove.reset();
  };
  return (
    <>
      <Confirm
        title={words.title(name)}
        texts={[words.text, words.rest]}
        confirm={words.confirm}
        isHarmful
        isOpen={isOpen}
        onClose={close}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      />
      {dialog}
    </>
  );
}
