import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Share } from "#contract/shares.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { CopyField } from "../frame/copy-field.tsx";
import { frame } from "../words/frame.ts";
import { shares } from "../words/shares.ts";
import { refreshShares } from "./list.ts";
import { type PasswordChoice, PasswordChoices } from "./password-choices.tsx";
import s from "./shares.module.css";
import { type Allowed, findWrongTerms, formOf, toTerms } from "./terms.ts";
import { TermsFields } from "./terms-fields.tsx";

const words = shares.edit;

interface EditShareProps {
  readonly share: Share;
  readonly onClose: () => void;
}

/** Other terms for a link that stays the same. */
export function EditShare({ share, onClose }: EditShareProps) {
  const update = useMutation(
    trpc.playback.shares.update.mutationOptions({
      onSuccess(_saved, { password }) {
        notifications.show({ message: words.saved });
        // Another password is to be copied first.
        if (!password) onClose();
      },
      onSettled: () => refreshShares(),
    }),
  );
  const password = update.isSuccess ? update.variables.password : undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={!password}
      title={words.title(share.title)}
    >
      {password ? (
        <NewPassword password={password} onDone={onClose} />
      ) : (
        <EditForm
          share={share}
          isPending={update.isPending}
          error={update.error}
          onCancel={onClose}
          onSave={(terms) => update.mutate({ shareId: share.id, ...terms })}
        />
      )}
    </Modal>
  );
}

interface NewPasswordProps {
  readonly password: string;
  readonly onDone: () => void;
}

const NewPassword = ({ password, onDone }: NewPasswordProps) => (
  <div className={s.form}>
    <p className={s.text}>{words.copyPassword}</p>
    <CopyField
      label={words.newPassword}
      value={password}
      copy={shares.link.copyPassword}
      isSelected
    />
    <div className={s.actions}>
      <Button variant="default" onClick={onDone}>
        {shares.link.done}
      </Button>
    </div>
  </div>
);

interface NewTerms {
  readonly terms: Share["terms"];
  /** Left out: the one of before stays. */
  readonly password?: string | null;
}

interface EditFormProps {
  readonly share: Share;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onCancel: () => void;
  readonly onSave: (terms: NewTerms) => void;
}

function EditForm({ share, isPending, error, onCancel, onSave }: EditFormProps) {
  const { expiresAt, canDownload, canComment } = share.terms;
  const [allows, setAllows] = useState<Allowed>({ canDownload, canComment });
  const [choice, setChoice] = useState<PasswordChoice>("keep");
  const fields = useFields({
    initial: formOf(share),
    findWrong: (form) => ({
      ...findWrongTerms(form, Date.now()),
      ...(choice === "change" && !form.password ? { password: shares.terms.passwordShort } : {}),
      ...(choice === "change" ? {} : { password: undefined }),
    }),
    onSubmit: (form) =>
      onSave({
        terms: toTerms(form, { ...allows, expiresAt }, Date.now()),
        ...(choice === "change" ? { password: form.password } : {}),
        ...(choice === "none" ? { password: null } : {}),
      }),
  });
  return (
    <form className={s.form} onSubmit={fields.submit} noValidate>
      <TermsFields fields={fields} expiresAt={expiresAt} allows={allows} onAllows={setAllows}>
        <PasswordChoices
          hasPassword={share.hasPassword}
          choice={choice}
          onChoose={setChoice}
          field={fields.field("password")}
        />
      </TermsFields>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <div className={s.actions}>
        <Button variant="default" onClick={onCancel}>
          {frame.cancel}
        </Button>
        <Button type="submit" loading={isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
