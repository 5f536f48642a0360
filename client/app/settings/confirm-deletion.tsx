import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { BandChoice } from "#contract/leaving.ts";
import { backline, queryClient, refusalOf, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { endDeleted } from "../auth/session.ts";
import { useFields } from "../auth/use-fields.ts";
import { leaving } from "../words/leaving.ts";
import s from "./delete-account.module.css";

const words = leaving.account;

interface ConfirmDeletionProps {
  readonly confirmation: string;
  readonly choices: readonly BandChoice[];
  readonly keepsShares: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The last question, which cannot be answered by a slip. */
export function ConfirmDeletion({ isOpen, onClose, ...rest }: ConfirmDeletionProps) {
  const { withProof, dialog } = useReauthentication();
  const remove = useMutation({
    mutationFn: (typed: string) =>
      withProof(() =>
        backline.api.account.delete.mutate({
          bands: [...rest.choices],
          keepShares: rest.keepsShares,
          confirmation: typed,
        }),
      ),
    onSuccess: endDeleted,
    onError(error) {
      if (refusalOf(error)?.code !== "conflict") return;
      // Somebody has joined or left in the meantime: the screen has to say something else now.
      void queryClient.invalidateQueries({ queryKey: trpc.account.deletion.preview.queryKey() });
    },
  });
  const close = () => {
    onClose();
    remove.reset();
  };
  return (
    <>
      <Modal opened={isOpen} onClose={close} title={words.dialog}>
        <Question
          confirmation={rest.confirmation}
          error={remove.error}
          isPending={remove.isPending}
          onCancel={close}
          onConfirm={(typed) => remove.mutate(typed)}
        />
      </Modal>
      {dialog}
    </>
  );
}

interface QuestionProps {
  readonly confirmation: string;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly onCancel: () => void;
  readonly onConfirm: (typed: string) => void;
}

function Question({ confirmation, error, isPending, onCancel, onConfirm }: QuestionProps) {
  const isSame = (typed: string) => typed.trim().toLowerCase() === confirmation.toLowerCase();
  const { field, submit } = useFields({
    initial: { typed: "" },
    findWrong: ({ typed }) => ({
      typed: isSame(typed) ? undefined : words.mistyped(confirmation),
    }),
    onSubmit: ({ typed }) => onConfirm(typed),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <p className={s.text}>{words.noWayBack}</p>
      <TextInput
        {...field("typed")}
        label={words.type(confirmation)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <div className={s.dialogActions}>
        <Button variant="default" onClick={onCancel}>
          {words.cancel}
        </Button>
        <Button type="submit" color="red" loading={isPending}>
          {words.confirm}
        </Button>
      </div>
    </form>
  );
}
