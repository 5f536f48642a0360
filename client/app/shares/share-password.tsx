import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { backline, refusalOf, sentenceOf } from "../api.ts";
import { useCountdown } from "../auth/countdown.ts";
import s from "../auth/gate.module.css";
import { FormFailure, Gate } from "../auth/gate.tsx";
import { PasswordField } from "../auth/password-field.tsx";
import { useFields } from "../auth/use-fields.ts";
import { shares } from "../words/shares.ts";
import { noteOpened } from "./opened-share.ts";

const words = shares.guest;

interface SharePasswordProps {
  readonly token: string;
  readonly onOpened: () => void;
  readonly onRefused: (error: unknown) => void;
}

/** Nothing is told of the recording before its password is given. */
export function SharePassword({ token, onOpened, onRefused }: SharePasswordProps) {
  const open = useMutation({
    mutationFn: (password: string) => backline.api.playback.shares.open.mutate({ token, password }),
    onSuccess(opened) {
      onOpened();
      noteOpened(token, opened);
    },
    onError: onRefused,
  });
  const { field, submit } = useFields({
    initial: { password: "" },
    findWrong: ({ password }) => ({ password: password ? undefined : words.passwordMissing }),
    onSubmit: ({ password }) => open.mutate(password),
  });
  const refusal = open.error ? refusalOf(open.error) : undefined;
  const isLimit = refusal?.code === "rate_limited";
  const wait = useCountdown(isLimit ? (refusal.retryAfterSeconds ?? 30) : 0, open.error);
  const isOver = isLimit && wait === 0;
  return (
    <Gate title={words.passwordTitle} text={words.passwordText}>
      <form className={s.form} onSubmit={submit} noValidate>
        <PasswordField {...field("password")} label={words.password} autoComplete="off" autoFocus />
        <FormFailure>{open.error && !isOver ? sentenceOf(open.error) : null}</FormFailure>
        <Button type="submit" size="lg" loading={open.isPending} disabled={wait > 0} fullWidth>
          {wait > 0 ? words.wait(wait) : words.submit}
        </Button>
      </form>
    </Gate>
  );
}
