import { Button } from "@mantine/core";
import { sentenceOf } from "../api.ts";
import { EmailField, wrongEmail } from "./account-fields.tsx";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";
import { useFields } from "./use-fields.ts";

interface EmailFormProps {
  readonly email?: string;
  readonly submit: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSubmit: (email: string) => void;
}

/** Asks where a mail shall go. */
export function EmailForm({ email = "", isPending, error, ...props }: EmailFormProps) {
  const { field, submit } = useFields({
    initial: { email },
    findWrong: (form) => ({ email: wrongEmail(form.email) }),
    onSubmit: (form) => props.onSubmit(form.email.trim()),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <EmailField {...field("email")} autoFocus />
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <Button type="submit" size="lg" loading={isPending} fullWidth>
        {props.submit}
      </Button>
    </form>
  );
}
