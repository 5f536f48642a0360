import { Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Passkey } from "#contract/passkeys.ts";
import { trpc } from "../api.ts";
import { DialogFoot } from "../auth/dialog-foot.tsx";
import gate from "../auth/gate.module.css";
import { useFields } from "../auth/use-fields.ts";
import { passkeys } from "../words/passkeys.ts";

const words = passkeys.rename;

interface RenamePasskeyProps {
  readonly passkey: Passkey;
  readonly onClose: () => void;
  readonly onSettled: () => void;
}

export function RenamePasskey({ passkey: { id, name }, onClose, onSettled }: RenamePasskeyProps) {
  const rename = useMutation(
    trpc.account.passkeys.rename.mutationOptions({ onSuccess: onClose, onSettled }),
  );
  const { field, submit } = useFields({
    initial: { name },
    findWrong: (form) => ({ name: form.name.trim() ? undefined : passkeys.add.nameMissing }),
    onSubmit: (form) => rename.mutate({ id, name: form.name.trim() }),
  });
  return (
    <Modal opened onClose={onClose} title={words.title} size={400}>
      <form className={gate.form} onSubmit={submit} noValidate>
        <TextInput
          {...field("name")}
          label={passkeys.add.name}
          autoComplete="off"
          maxLength={100}
          data-autofocus
        />
        <DialogFoot
          error={rename.error}
          isPending={rename.isPending}
          submit={words.submit}
          onCancel={onClose}
        />
      </form>
    </Modal>
  );
}
