import { TextInput, type TextInputProps } from "@mantine/core";
import type { ReactNode } from "react";
import type { EditField } from "#contract/edits.ts";
import { DialogFoot } from "../auth/dialog-foot.tsx";
import { edits as words } from "../words/edits.ts";
import { FIELDS, isNumber } from "./edit-fields.ts";
import s from "./edits.module.css";

interface EditFrameProps {
  readonly hint: ReactNode;
  /** Why it was refused; `null` while it was not. */
  readonly error: unknown;
  readonly isPending: boolean;
  readonly onSubmit: () => void;
  readonly onCancel: () => void;
  readonly renderField: (field: EditField) => ReactNode;
}

/** All that can be edited, in a dialog. */
export const EditFrame = ({ hint, error, isPending, ...rest }: EditFrameProps) => (
  <form
    noValidate
    onSubmit={(event) => {
      event.preventDefault();
      rest.onSubmit();
    }}
  >
    <p className="soft">{hint}</p>
    <div className={s.fields}>
      {FIELDS.map((field) => (
        <div key={field} className={s.field} data-short={isShort(field) || undefined}>
          {rest.renderField(field)}
        </div>
      ))}
    </div>
    <div className={s.formFoot}>
      <DialogFoot
        error={error}
        isPending={isPending}
        submit={words.save}
        onCancel={rest.onCancel}
      />
    </div>
  </form>
);

const isShort = (field: EditField): boolean => isNumber(field) || field === "recordedOn";

interface FieldInputProps extends Omit<TextInputProps, "error" | "onChange"> {
  readonly field: EditField;
  readonly error: string | undefined;
  readonly onType: (text: string) => void;
}

export const FieldInput = ({ field, onType, ...rest }: FieldInputProps) => (
  <TextInput
    label={words.fields[field]}
    inputWrapperOrder={["label", "input", "description", "error"]}
    type={field === "recordedOn" ? "date" : "text"}
    inputMode={isNumber(field) ? "numeric" : undefined}
    maxLength={isNumber(field) ? 5 : 500}
    autoComplete="off"
    onChange={(event) => onType(event.currentTarget.value)}
    {...rest}
  />
);
