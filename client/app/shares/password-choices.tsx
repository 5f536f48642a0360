import { Radio } from "@mantine/core";
import type { useFields } from "../auth/use-fields.ts";
import { shares } from "../words/shares.ts";
import { PasswordTerm } from "./password-term.tsx";
import s from "./shares.module.css";
import type { TermsForm } from "./terms.ts";

const words = shares.edit;

/** `keep`: with none it stays without one. */
export type PasswordChoice = "keep" | "change" | "none";

interface PasswordChoicesProps {
  readonly hasPassword: boolean;
  readonly choice: PasswordChoice;
  readonly onChoose: (choice: PasswordChoice) => void;
  readonly field: ReturnType<ReturnType<typeof useFields<TermsForm>>["field"]>;
}

/** What becomes of a link's password; nobody is shown the one of before. */
export const PasswordChoices = ({ hasPassword, choice, onChoose, field }: PasswordChoicesProps) => (
  <Radio.Group
    label={words.password}
    value={choice}
    onChange={(value) => onChoose(value as PasswordChoice)}
  >
    <div className={s.choices}>
      <Radio value="keep" label={hasPassword ? words.keep : words.none} />
      <Radio
        value="change"
        label={hasPassword ? words.change : words.add}
        description={words.changeHint}
      />
      {choice === "change" ? (
        <PasswordTerm
          field={field}
          label={words.newPassword}
          onMade={(value) => field.onChange({ currentTarget: { value } })}
        />
      ) : null}
      {hasPassword ? <Radio value="none" label={words.none} /> : null}
    </div>
  </Radio.Group>
);
