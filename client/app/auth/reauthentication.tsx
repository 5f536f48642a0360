import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { AskForJellyfin } from "./ask-for-jellyfin.tsx";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";
import { PasswordField } from "./password-field.tsx";
import { sessionQuery } from "./session.ts";
import { useFields } from "./use-fields.ts";

const words = auth.again;

interface Reauthentication {
  /** Does it; where the server wants to see the password first, asks for it and does it again. */
  readonly withPassword: <T>(act: () => Promise<T>) => Promise<T>;
  /** To be put anywhere on the screen. */
  readonly dialog: ReactNode;
}

/**
 * For what the server only does shortly after it has seen the password. Whoever cancels gets the
 * server's refusal.
 */
export function useReauthentication(): Reauthentication {
  const [answer, setAnswer] = useState<((isShown: boolean) => void) | null>(null);
  const ask = () => new Promise<boolean>((resolve) => setAnswer(() => resolve));
  const close = (isShown: boolean) => {
    answer?.(isShown);
    setAnswer(null);
  };
  return {
    async withPassword(act) {
      try {
        return await act();
      } catch (error) {
        const isAsked = refusalOf(error)?.code === "reauthentication_required";
        if (!isAsked || !(await ask())) throw error;
        return act();
      }
    },
    dialog: (
      <Modal opened={answer !== null} onClose={() => close(false)} title={words.title} size={400}>
        <Ask onShown={() => close(true)} onCancel={() => close(false)} />
      </Modal>
    ),
  };
}

/** In a way that they have; the password, where they have one. */
function Ask(props: AskForPasswordProps) {
  const { data: me } = useQuery(sessionQuery);
  const ways = me?.user.ways ?? [];
  const isElsewhere = ways.includes("jellyfin") && !ways.includes("password");
  return isElsewhere ? <AskForJellyfin {...props} /> : <AskForPassword {...props} />;
}

interface AskForPasswordProps {
  readonly onShown: () => void;
  readonly onCancel: () => void;
}

function AskForPassword({ onShown, onCancel }: AskForPasswordProps) {
  const { data: me } = useQuery(sessionQuery);
  const show = useMutation(trpc.auth.reauthenticate.mutationOptions({ onSuccess: onShown }));
  const { field, submit } = useFields({
    initial: { current: "" },
    findWrong: ({ current }) => ({ current: current ? undefined : auth.signIn.missingPassword }),
    onSubmit: ({ current }) => show.mutate({ way: "password", password: current }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <p className={s.dialogText}>{words.text}</p>
      {/* Password managers look here for whose password it is. */}
      <input hidden readOnly autoComplete="username" value={me?.user.email ?? ""} />
      <PasswordField
        {...field("current")}
        label={words.current}
        autoComplete="current-password"
        data-autofocus
      />
      <FormFailure>{show.error ? sentenceOf(show.error) : null}</FormFailure>
      <div className={s.dialogActions}>
        <Button variant="default" onClick={onCancel}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={show.isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
