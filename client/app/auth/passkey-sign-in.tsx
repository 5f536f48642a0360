import { Button } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { PasskeyAssertion } from "#contract/passkeys.ts";
import { backline } from "../api.ts";
import { passkeys } from "../words/passkeys.ts";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";
import { askForPasskey, hasPasskeys, offerPasskeys, sentenceOfPasskey } from "./passkey.ts";
import { useWelcome, type Welcome } from "./welcome.ts";

const { passkeyOptions, signInPasskey } = backline.api.auth;

/** Belongs into the form whose box says whether to be remembered. */
export const PasskeySignIn = (props: Welcome) =>
  hasPasskeys() ? <PasskeyButton {...props} /> : null;

function PasskeyButton(props: Welcome) {
  const button = useRef<HTMLButtonElement>(null);
  const { mutate, isPending, error } = useMutation({
    async mutationFn(chosen: PasskeyAssertion | null) {
      const assertion = chosen ?? (await askForPasskey(await passkeyOptions.mutate()));
      const form = new FormData(button.current?.form ?? undefined);
      return signInPasskey.mutate({ assertion, rememberMe: form.has("rememberMe") });
    },
    onSuccess: useWelcome(props),
  });
  // Also after one was refused: whoever has several can choose another.
  useEffect(() => (isPending ? undefined : offerPasskeys(mutate)), [isPending, mutate]);
  return (
    <div className={s.way}>
      <FormFailure>{error ? sentenceOfPasskey(error) : null}</FormFailure>
      <Button
        ref={button}
        variant="default"
        size="lg"
        leftSection={<IconFingerprint size={20} aria-hidden />}
        loading={isPending}
        onClick={() => mutate(null)}
        fullWidth
      >
        {passkeys.signIn}
      </Button>
    </div>
  );
}
