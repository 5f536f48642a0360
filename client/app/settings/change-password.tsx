import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { backline, sentenceOf } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { NewPasswordField, wrongNewPassword } from "../auth/account-fields.tsx";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { sessionQuery } from "../auth/session.ts";
import { useFields } from "../auth/use-fields.ts";
import { security } from "../words/security.ts";
import { refreshDevices } from "./devices.tsx";
import { Row } from "./row.tsx";
import s from "./settings.module.css";

export function ChangePassword() {
  const [form, setForm] = useState<"new" | "open" | "closed">("new");
  if (form === "open") return <PasswordForm onClose={() => setForm("closed")} />;
  return (
    <Row label={security.password} hint={security.passwordHint}>
      <Button
        variant="default"
        onClick={() => setForm("open")}
        // Whoever has just closed the form goes on where they were.
        autoFocus={form === "closed"}
      >
        {security.changePassword}
      </Button>
    </Row>
  );
}

function PasswordForm({ onClose }: { readonly onClose: () => void }) {
  const { data: me } = useQuery(sessionQuery);
  const { withProof, dialog } = useReauthentication();
  const change = useMutation({
    mutationFn: (password: string) =>
      withProof(() => backline.api.account.changePassword.mutate({ password })),
    onSuccess() {
      notifications.show({ message: security.changed });
      onClose();
    },
    onSettled() {
      void refreshDevices();
      void refreshEvents();
    },
  });
  const { field, submit } = useFields({
    initial: { password: "" },
    findWrong: ({ password }) => ({ password: wrongNewPassword(password) }),
    onSubmit: ({ password }) => change.mutate(password),
  });
  return (
    <>
      <form className={s.form} onSubmit={submit} noValidate aria-label={security.changePassword}>
        <input hidden readOnly autoComplete="username" value={me?.user.email ?? ""} />
        <NewPasswordField
          field={field("password")}
          label={security.newPassword}
          personal={me ? [me.user.name, me.user.email ?? ""] : []}
          autoFocus
        />
        <FormFailure>{change.error ? sentenceOf(change.error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={change.isPending}>
            {security.changePassword}
          </Button>
          <Button variant="default" onClick={onClose}>
            {security.cancel}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
