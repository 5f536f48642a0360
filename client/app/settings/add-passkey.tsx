import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { backline } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { makePasskey, sentenceOfPasskey } from "../auth/passkey.ts";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { useFields } from "../auth/use-fields.ts";
import { nameDevice } from "../words/device.ts";
import { passkeys } from "../words/passkeys.ts";
import s from "./settings.module.css";

const words = passkeys.add;
const { begin, add } = backline.api.account.passkeys;

interface AddPasskeyProps {
  readonly onClose: () => void;
  readonly onSettled: () => void;
}

/** The name first, so that nothing is left to be asked once the device has made it. */
export function AddPasskey({ onClose, onSettled }: AddPasskeyProps) {
  const { withProof, dialog } = useReauthentication();
  const make = useMutation({
    async mutationFn(name: string) {
      const attestation = await makePasskey(await withProof(() => begin.mutate()));
      await withProof(() => add.mutate({ name, attestation }));
    },
    onSuccess(_, name) {
      notifications.show({ message: words.done(name) });
      onClose();
    },
    onSettled,
  });
  const { field, submit } = useFields({
    initial: { name: nameDevice(navigator.userAgent) },
    findWrong: ({ name }) => ({ name: name.trim() ? undefined : words.nameMissing }),
    onSubmit: ({ name }) => make.mutate(name.trim()),
  });
  return (
    <>
      <form className={s.form} onSubmit={submit} noValidate aria-label={words.ask}>
        <TextInput
          {...field("name")}
          label={words.name}
          description={words.nameHint}
          autoComplete="off"
          maxLength={100}
          autoFocus
        />
        <FormFailure>{make.error ? sentenceOfPasskey(make.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={make.isPending}>
            {words.submit}
          </Button>
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
