import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { refusalOf, trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { frame } from "../words/frame.ts";
import { AskForJellyfin } from "./ask-for-jellyfin.tsx";
import { DialogFoot } from "./dialog-foot.tsx";
import s from "./gate.module.css";
import { PasswordField } from "./password-field.tsx";
import { sessionQuery } from "./session.ts";
import { ShowPasskey } from "./show-passkey.tsx";
import { useFields } from "./use-fields.ts";

const words = auth.again;

interface Reauthentication {
  /** Does it; where the server wants to see first who it is, asks for that and does it again. */
  readonly withProof: <T>(act: () => Promise<T>) => Promise<T>;
  /** To be put anywhere on the screen. */
  readonly dialog: ReactNode;
}

/**
 * For what the server only does shortly after it has seen who it is. Whoever cancels gets the server's
 * refusal.
 */
export function useReauthentication(): Reauthentication {
  const [answer, setAnswer] = useState<((isShown: boolean) => void) | null>(null);
  const ask = () => new Promise<boolean>((resolve) => setAnswer(() => resolve));
  const close = (isShown: boolean) => {
    answer?.(isShown);
    setAnswer(null);
  };
  return {
    async withProof(act) {
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
        <AskWho onShown={() => close(true)} onCancel={() => close(false)} />
      </Modal>
    ),
  };
}

interface AskProps {
  readonly onShown: () => void;
  readonly onCancel: () => void;
}

/** In the ways that they have, and no other. */
function AskWho(props: AskProps) {
  const { data: me } = useQuery(sessionQuery);
  const ways = me?.user.ways ?? [];
  const hasPassword = ways.includes("password");
  const hasJellyfin = ways.includes("jellyfin");
  return (
    <div className={s.form}>
      <p className={s.dialogText}>{words.text}</p>
      {ways.includes("passkey") ? (
        <ShowPasskey onShown={props.onShown} isOnlyWay={!hasPassword && !hasJellyfin} />
      ) : null}
      {hasPassword ? <ShowPassword {...props} /> : null}
      {!hasPassword && hasJellyfin ? <AskForJellyfin {...props} /> : null}
      {hasPassword || hasJellyfin ? null : <Cancel onCancel={props.onCancel} />}
    </div>
  );
}

const Cancel = ({ onCancel }: Pick<AskProps, "onCancel">) => (
  <div className={s.dialogActions}>
    <Button variant="default" onClick={onCancel}>
      {frame.cancel}
    </Button>
  </div>
);

function ShowPassword({ onShown, onCancel }: AskProps) {
  const { data: me } = useQuery(sessionQuery);
  const show = useMutation(trpc.auth.reauthenticate.mutationOptions({ onSuccess: onShown }));
  const { field, submit } = useFields({
    initial: { current: "" },
    findWrong: ({ current }) => ({ current: current ? undefined : auth.signIn.missingPassword }),
    onSubmit: ({ current }) => show.mutate({ way: "password", password: current }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      {/* Password managers look here for whose password it is. */}
      <input hidden readOnly autoComplete="username" value={me?.user.email ?? ""} />
      <PasswordField
        {...field("current")}
        label={words.current}
        autoComplete="current-password"
        data-autofocus
      />
      <DialogFoot
        error={show.error}
        isPending={show.isPending}
        submit={words.submit}
        onCancel={onCancel}
      />
    </form>
  );
}
