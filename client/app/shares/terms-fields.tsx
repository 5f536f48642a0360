import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { useFields } from "../auth/use-fields.ts";
import { shares } from "../words/shares.ts";
import s from "./shares.module.css";
import { type Allowed, ENDS, type Ends, type TermsForm } from "./terms.ts";

const words = shares.terms;

interface TermsFieldsProps {
  readonly fields: ReturnType<typeof useFields<TermsForm>>;
  /** When the link ends already, where it does. */
  readonly expiresAt?: string | null;
  readonly allows: Allowed;
  readonly onAllows: (allows: Allowed) => void;
  /** What is asked about the password. */
  readonly children: ReactNode;
}

/** When a link ends, how often it may be heard, and what else it allows. */
export function TermsFields({
  fields: { form, field },
  allows,
  onAllows,
  ...rest
}: TermsFieldsProps) {
  return (
    <>
      <div className={s.pair}>
        <NativeSelect
          {...field("ends")}
          label={words.ends}
          data={choices(rest.expiresAt ?? null)}
          rightSection={<IconChevronDown size={16} aria-hidden />}
          data-autofocus
        />
        {form.ends === "date" ? (
          <TextInput {...field("date")} type="date" label={words.date} />
        ) : null}
      </div>
      {rest.children}
      <TextInput
        {...field("limit")}
        label={words.limit}
        description={words.limitHint}
        inputMode="numeric"
        autoComplete="off"
      />
      <Checkbox
        label={words.download}
        description={words.downloadHint}
        checked={allows.canDownload}
        onChange={(event) => onAllows({ ...allows, canDownload: event.currentTarget.checked })}
      />
      <Checkbox
        label={words.comment}
        description={words.commentHint}
        checked={allows.canComment}
        onChange={(event) => onAllows({ ...allows, canComment: event.currentTarget.checked })}
      />
    </>
  );
}

const labelOf = (ends: Ends, expiresAt: string): string =>
  ends === "stays" ? words.stays(expiresAt) : words.choices[ends];

const choices = (expiresAt: string | null) =>
  ENDS.filter((ends) => ends !== "stays" || expiresAt !== null).map((value) => ({
    value,
    label: labelOf(value, expiresAt ?? ""),
  }));
