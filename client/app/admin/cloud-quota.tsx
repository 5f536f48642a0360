import { Modal, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { CloudAccount } from "#contract/nextcloud.ts";
import { trpc } from "../api.ts";
import { DialogFoot } from "../auth/dialog-foot.tsx";
import gate from "../auth/gate.module.css";
import { useFields } from "../auth/use-fields.ts";
import { accounts as words } from "../words/accounts.ts";
import { noteCloudAccount, parseQuota, showQuota } from "./cloud.ts";

interface CloudQuotaProps {
  readonly account: CloudAccount;
  readonly onClose: () => void;
}

export function CloudQuota({ account: { userId, name, quota }, onClose }: CloudQuotaProps) {
  const save = useMutation(
    trpc.admin.nextcloud.accounts.setQuota.mutationOptions({
      onSuccess(account) {
        noteCloudAccount(account);
        onClose();
        notifications.show({ message: words.quotaSaved(name) });
      },
    }),
  );
  const { field, submit } = useFields({
    initial: { quota: showQuota(quota?.totalBytes) },
    findWrong: wrongQuota,
    onSubmit: (form) => save.mutate({ userId, quotaBytes: parseQuota(form.quota) ?? null }),
  });
  return (
    <Modal opened onClose={onClose} title={words.quotaTitle(name)} size={400}>
      <form className={gate.form} onSubmit={submit} noValidate>
        <QuotaField {...field("quota")} data-autofocus />
        <DialogFoot
          error={save.error}
          isPending={save.isPending}
          submit={words.saveQuota}
          onCancel={onClose}
        />
      </form>
    </Modal>
  );
}

export const wrongQuota = ({ quota }: { readonly quota: string }) => ({
  quota: parseQuota(quota) === undefined ? words.wrongQuota : undefined,
});

export const QuotaField = (field: React.ComponentProps<typeof TextInput>) => (
  <TextInput
    {...field}
    label={words.quota}
    description={words.quotaHint}
    inputMode="decimal"
    autoComplete="off"
  />
);
