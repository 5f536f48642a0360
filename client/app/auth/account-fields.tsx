import { TextInput, type TextInputProps } from "@mantine/core";
import { auth } from "../words/auth.ts";
import { PasswordField } from "./password-field.tsx";
import { SHORTEST_PASSWORD } from "./password-strength.ts";
import { StrengthMeter } from "./strength-meter.tsx";

type Sentence = string | undefined;

export const wrongName = (name: string): Sentence =>
  name.trim() ? undefined : auth.setup.nameMissing;

export const wrongEmail = (email: string): Sentence =>
  /^\S+@\S+\.\S+$/.test(email.trim()) ? undefined : auth.setup.emailMissing;

export function wrongNewPassword(password: string): Sentence {
  const missing = SHORTEST_PASSWORD - [...password].length;
  return missing > 0 ? auth.setup.passwordShort(missing) : undefined;
}

export const EmailField = (props: TextInputProps) => (
  <TextInput
    type="email"
    label={auth.email}
    autoComplete="username"
    inputMode="email"
    spellCheck={false}
    {...props}
  />
);

/** What `useFields` gives for one text. */
interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly error: Sentence;
  readonly onChange: (event: { currentTarget: { value: string } }) => void;
}

interface NewPasswordProps {
  readonly field: FieldProps;
  readonly label: string;
  /** Name and e-mail, which are guessed first. */
  readonly personal: readonly string[];
  readonly autoFocus?: boolean;
}

/** A password that is chosen, with a hint how good it is. */
export const NewPasswordField = ({ field, label, personal, ...props }: NewPasswordProps) => (
  <div>
    <PasswordField {...field} {...props} label={label} autoComplete="new-password" />
    <StrengthMeter password={field.value} personal={personal} />
  </div>
);

interface AccountFieldsProps {
  readonly field: (name: "name" | "email" | "password") => FieldProps;
  readonly personal: readonly string[];
}

/** Of a new account, the first as well as every other. */
export const AccountFields = ({ field, personal }: AccountFieldsProps) => (
  <>
    <TextInput
      {...field("name")}
      label={auth.name}
      description={auth.setup.nameHint}
      autoComplete="name"
      autoFocus
    />
    <EmailField {...field("email")} />
    <NewPasswordField field={field("password")} label={auth.password} personal={personal} />
  </>
);
