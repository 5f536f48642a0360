import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { auth } from "../words/auth.ts";

/** A password that can be shown, pasted and filled in by a password manager. */
export const PasswordField = (props: PasswordInputProps) => (
  <PasswordInput
    spellCheck={false}
    autoCapitalize="off"
    visibilityToggleButtonProps={{ "aria-label": auth.showPassword, tabIndex: 0 }}
    {...props}
  />
);
