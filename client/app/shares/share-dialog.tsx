import { Button, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { shares } from "../words/shares.ts";
import type { Shareable } from "./dialog.ts";
import { LinkView } from "./link-view.tsx";
import { LinksOf } from "./links-of.tsx";
import { refreshShares } from "./list.ts";
import { PasswordTerm } from "./password-term.tsx";
import s from "./shares.module.css";
import { type Allowed, findWrongTerms, noTerms, type TermsForm, toTerms } from "./terms.ts";
import { TermsFields } from "./terms-fields.tsx";

const words = shares.create;

interface ShareDialogProps {
  readonly shared: Shareable;
  readonly onClose: () => void;
}

/** Makes a public link, and shows it for the only time. */
export function ShareDialog({ shared, onClose }: ShareDialogProps) {
  const create = useMutation(
    trpc.playback.shares.create.mutationOptions({ onSuccess: () => refreshShares() }),
  );
  return (
    <Modal
      opened
      onClose={onClose}
      // By a slip it would be gone for good.
      closeOnClickOutside={!create.data}
      title={create.data ? shares.link.title : shares.shareTrack(shared.title)}
    >
      {create.data ? (
        <LinkView path={create.data.path} password={create.variables.password} onDone={onClose} />
      ) : (
        <>
          <ShareForm
            isPending={create.isPending}
            error={create.error}
            onShare={(form, allows) =>
              create.mutate({
                ...shared.target,
                terms: toTerms(form, allows, Date.now()),
                password: form.password || null,
              })
            }
          />
          <LinksOf shared={shared} onLeave={onClose} />
        </>
      )}
    </Modal>
  );
}

interface ShareFormProps {
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onShare: (form: TermsForm, allows: Allowed) => void;
}

function ShareForm({ isPending, error, onShare }: ShareFormProps) {
  const [allows, setAllows] = useState<Allowed>({ canDownload: false, canComment: false });
  const fields = useFields({
    initial: noTerms,
    findWrong: (form) => findWrongTerms(form, Date.now()),
    onSubmit: (form) => onShare(form, allows),
  });
  const password = fields.field("password");
  return (
    <form className={s.form} onSubmit={fields.submit} noValidate>
      <TermsFields fields={fields} allows={allows} onAllows={setAllows}>
        <PasswordTerm
          field={password}
          label={shares.terms.password}
          hint={shares.terms.passwordHint}
          onMade={(value) => password.onChange({ currentTarget: { value } })}
        />
      </TermsFields>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <div className={s.actions}>
        <Button type="submit" loading={isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
