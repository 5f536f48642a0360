import { Modal, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { UserEntry } from "#contract/auth.ts";
import { trpc } from "../api.ts";
import { DialogFoot } from "../auth/dialog-foot.tsx";
import gate from "../auth/gate.module.css";
import { useFields } from "../auth/use-fields.ts";
import { accounts as words } from "../words/accounts.ts";
import s from "./admin.module.css";
import { noteCloudAccount, parseQuota } from "./cloud.ts";
import { QuotaField, wrongQuota } from "./cloud-quota.tsx";

interface MakeCloudAccountProps {
  readonly person: UserEntry;
  readonly onClose: () => void;
}

/** An account in the Nextcloud, whose password nobody here learns. */
export function MakeCloudAccount({ person, onClose }: MakeCloudAccountProps) {
  const make = useMutation(
    trpc.admin.nextcloud.accounts.create.mutationOptions({
      onSuccess(account) {
        noteCloudAccount(account);
        onClose();
        notifications.show({ message: words.made(account) });
      },
    }),
  );
  const { field, submit } = useFields({
    initial: { username: suggestName(person), quota: "" },
    findWrong: ({ username, quota }) => ({
      username: username.trim() ? undefined : words.missingName,
      ...wrongQuota({ quota }),
    }),
    onSubmit: ({ username, quota }) =>
      make.mutate({ userId: person.id, username, quotaBytes: parseQuota(quota) ?? null }),
  });
  return (
    <Modal opened onClose={onClose} title={words.makeTitle(person.name)} size={400}>
      <form className={gate.form} onSubmit={submit} noValidate>
        {person.email ? <p className={s.answer}>{words.makeText(person.email)}</p> : null}
        <TextInput
          {...field("username")}
          label={words.name}
          description={words.nameHint}
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          data-autofocus
        />
        <QuotaField {...field("quota")} />
        <DialogFoot
          error={make.error}
          isPending={make.isPending}
          submit={words.submit}
          onCancel={onClose}
        />
      </form>
    </Modal>
  );
}

/** What stands before the @, as far as a Nextcloud takes it. */
const suggestName = ({ email }: UserEntry): string =>
  (email ?? "").replace(/@.*/, "").replaceAll(/[^A-Za-z0-9_.-]/g, "");
