import { Button } from "@mantine/core";
import { type ComponentProps, useState } from "react";
import { PasswordField } from "../auth/password-field.tsx";
import { shares } from "../words/shares.ts";
import { createPassword } from "./random-password.ts";
import s from "./shares.module.css";

type FieldProps = Pick<ComponentProps<typeof PasswordField>, "name" | "error" | "onChange"> & {
  readonly value: string;
};

interface PasswordTermProps {
  readonly field: FieldProps;
  readonly label: string;
  readonly hint?: string;
  readonly onMade: (password: string) => void;
}

/** A password of one's own, or one that nobody guesses. Whoever has one made sees it. */
export function PasswordTerm({ field, label, hint, onMade }: PasswordTermProps) {
  const [isShown, setIsShown] = useState(false);
  const make = () => {
    onMade(createPassword());
    setIsShown(true);
  };
  return (
    <div className={s.password}>
      <PasswordField
        {...field}
        label={label}
        description={hint}
        autoComplete="new-password"
        visible={isShown}
        onVisibilityChange={setIsShown}
      />
      <Button className={s.make ?? ""} variant="default" onClick={make}>
        {shares.terms.makePassword}
      </Button>
    </div>
  );
}
