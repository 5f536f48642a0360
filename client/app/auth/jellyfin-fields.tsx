import { TextInput } from "@mantine/core";
import type { JellyfinCredentials } from "#contract/jellyfin.ts";
import { jellyfin } from "../words/jellyfin.ts";
import { PasswordField } from "./password-field.tsx";
import type { Wrong } from "./use-fields.ts";

export const NO_CREDENTIALS = { username: "", password: "" };

export const wrongCredentials = ({
  username,
  password,
}: JellyfinCredentials): Wrong<JellyfinCredentials> => ({
  username: username.trim() ? undefined : jellyfin.missingUsername,
  password: password ? undefined : jellyfin.missingPassword,
});

/** What `useFields` gives for one text. */
interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (event: { currentTarget: { value: string } }) => void;
}

interface JellyfinFieldsProps {
  readonly field: (name: "username" | "password") => FieldProps;
}

/** Of an account at the media server. */
export const JellyfinFields = ({ field }: JellyfinFieldsProps) => (
  <>
    <TextInput
      {...field("username")}
      label={jellyfin.username}
      autoComplete="username"
      autoCapitalize="off"
      spellCheck={false}
      maxLength={254}
      data-autofocus
      autoFocus
    />
    <PasswordField
      {...field("password")}
      label={jellyfin.password}
      autoComplete="current-password"
    />
  </>
);
