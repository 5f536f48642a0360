import { Button } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { backline } from "../api.ts";
import { passkeys } from "../words/passkeys.ts";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";
import { askForPasskey, hasPasskeys, sentenceOfPasskey } from "./passkey.ts";

const { reauthenticate, reauthenticationOptions } = backline.api.auth;

interface ShowPasskeyProps {
  readonly onShown: () => void;
  /** There is nothing else that they could show. */
  readonly isOnlyWay: boolean;
}

/** Shows again who it is, with one of their passkeys. */
export function ShowPasskey({ onShown, isOnlyWay }: ShowPasskeyProps) {
  const show = useMutation({
    async mutationFn() {
      const assertion = await askForPasskey(await reauthenticationOptions.mutate());
      await reauthenticate.mutate({ way: "passkey", assertion });
    },
    onSuccess: onShown,
  });
  if (!hasPasskeys()) {
    return isOnlyWay ? <p className={s.dialogText}>{passkeys.unable}</p> : null;
  }
  return (
    <div className={s.way}>
      <FormFailure>{show.error ? sentenceOfPasskey(show.error) : null}</FormFailure>
      <Button
        variant={isOnlyWay ? "filled" : "default"}
        leftSection={<IconFingerprint size={18} aria-hidden />}
        loading={show.isPending}
        onClick={() => show.mutate()}
        data-autofocus={isOnlyWay || undefined}
        fullWidth
      >
        {passkeys.show}
      </Button>
    </div>
  );
}
