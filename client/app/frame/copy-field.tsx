import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { frame } from "../words/frame.ts";
import s from "./copy-field.module.css";

interface CopyFieldProps {
  readonly label: string;
  readonly value: string;
  /** On the button. */
  readonly copy: string;
  /** Selected from the start, for whoever copies by hand. */
  readonly isSelected?: boolean;
}

/** What can be seen only now, to be taken along. */
export function CopyField({ label, value, copy, isSelected = false }: CopyFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (isSelected) field.current?.select();
  }, [isSelected]);

  const copyIt = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setSaid(frame.copied);
    } catch {
      // Browsers have no clipboard over plain http.
      field.current?.select();
      setSaid(frame.copyByHand);
    }
  };
  return (
    <div>
      <div className={s.line}>
        <TextInput
          ref={field}
          className={s.field ?? ""}
          label={label}
          value={value}
          readOnly
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
          {...(isSelected ? { "data-autofocus": true } : {})}
        />
        <Button
          className={s.copy ?? ""}
          variant={isSelected ? "filled" : "default"}
          onClick={copyIt}
        >
          {copy}
        </Button>
      </div>
      <output className={s.said}>{said}</output>
    </div>
  );
}
