import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";
import { toOwnPath } from "./next.ts";
import { noteSignedIn } from "./session.ts";
import { useFields } from "./use-fields.ts";

const words = auth.code;

interface CodeFormProps {
  /** What the server gave for the right password; kept nowhere else. */
  readonly ticket: string;
  readonly next: string | undefined;
  /** The ticket is used up or too old: the password is asked for anew. */
  readonly onLost: () => void;
}

/** The second step of signing in. */
export function CodeForm({ ticket, next, onLost }: CodeFormProps) {
  const router = useRouter();
  const enter = useMutation(
    trpc.auth.signInSecondFactor.mutationOptions({
      onSuccess({ me }) {
        noteSignedIn(me);
        router.history.push(toOwnPath(next) ?? "/");
      },
      onError(error) {
        if (refusalOf(error)?.code === "unauthenticated") onLost();
      },
    }),
  );
  const { field, submit } = useFields({
    initial: { code: "" },
    findWrong: ({ code }) => ({ code: code.trim() ? undefined : words.missing }),
    onSubmit: ({ code }) => enter.mutate({ ticket, code }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <TextInput
        {...field("code")}
        label={words.label}
        description={words.hint}
        autoComplete="one-time-code"
        inputMode="text"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={40}
        autoFocus
      />
      <FormFailure>{enter.error ? sentenceOf(enter.error) : null}</FormFailure>
      <Button type="submit" size="lg" loading={enter.isPending} fullWidth>
        {words.submit}
      </Button>
    </form>
  );
}
