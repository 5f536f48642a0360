import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Me } from "#contract/auth.ts";
import { sentenceOf } from "../api.ts";
import { wrongName } from "../auth/account-fields.tsx";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { settings } from "../words/settings.ts";
import { Row } from "./row.tsx";
import s from "./settings.module.css";
import { useProfile } from "./use-profile.ts";

const MAX_NAME = 100;

export function Name({ user }: Pick<Me, "user">) {
  const [form, setForm] = useState<"new" | "open" | "closed">("new");
  if (form === "open") return <NameForm user={user} onClose={() => setForm("closed")} />;
  return (
    <Row label={settings.name}>
      <div className={s.address}>
        {user.name}
        <Button
          variant="default"
          aria-label={settings.changeName}
          onClick={() => setForm("open")}
          // Whoever has just closed the form goes on where they were.
          autoFocus={form === "closed"}
        >
          {settings.change}
        </Button>
      </div>
    </Row>
  );
}

interface NameFormProps extends Pick<Me, "user"> {
  readonly onClose: () => void;
}

function NameForm({ user, onClose }: NameFormProps) {
  const profile = useProfile(user, () => {
    notifications.show({ message: settings.saved });
    onClose();
  });
  const { field, submit } = useFields({
    initial: { name: user.name },
    findWrong: ({ name }) => ({ name: wrongName(name) }),
    onSubmit: ({ name }) => profile.mutate({ name }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate aria-label={settings.changeName}>
      <TextInput
        {...field("name")}
        label={settings.name}
        autoComplete="name"
        maxLength={MAX_NAME}
        autoFocus
      />
      <FormFailure>{profile.error ? sentenceOf(profile.error) : null}</FormFailure>
      <div className={s.actions}>
        <Button type="submit" loading={profile.isPending}>
          {settings.save}
        </Button>
        <Button variant="default" onClick={onClose}>
          {settings.cancel}
        </Button>
      </div>
    </form>
  );
}
