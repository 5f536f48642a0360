import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { TotpOffer } from "#contract/auth.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { security } from "../words/security.ts";
import { QrCode } from "./qr-code.tsx";
import s from "./settings.module.css";
import t from "./two-factor.module.css";

const words = security.twoFactor;

interface SetUpTwoFactorProps {
  readonly offer: TotpOffer;
  readonly onConfirmed: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}

/** The secret as a picture and as text, and the first code that shows that the app has it. */
export function SetUpTwoFactor({ offer, onConfirmed, onCancel }: SetUpTwoFactorProps) {
  const confirm = useMutation({
    mutationFn: (code: string) => backline.api.account.twoFactor.confirm.mutate({ code }),
    onSuccess: ({ codes }) => onConfirmed(codes),
  });
  const { field, submit } = useFields({
    initial: { code: "" },
    findWrong: ({ code }) => ({ code: /^\s*(\d\s*){6}$/.test(code) ? undefined : words.sixDigits }),
    onSubmit: ({ code }) => confirm.mutate(code),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate aria-label={words.title}>
      <p className={t.text}>{words.scan}</p>
      <QrCode text={offer.uri} label={words.qr} />
      <p className={t.text}>
        {words.orType} <span className={t.secret}>{inGroups(offer.secret)}</span>
      </p>
      <TextInput
        {...field("code")}
        label={words.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        autoFocus
      />
      <FormFailure>{confirm.error ? sentenceOf(confirm.error) : null}</FormFailure>
      <div className={s.actions}>
        <Button type="submit" loading={confirm.isPending}>
          {words.confirm}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {security.cancel}
        </Button>
      </div>
    </form>
  );
}

/** Easier to type from a screen. */
const inGroups = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, "$1 ");
