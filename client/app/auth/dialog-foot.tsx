import { Button } from "@mantine/core";
import { sentenceOf } from "../api.ts";
import { frame } from "../words/frame.ts";
import s from "./gate.module.css";
import { FormFailure } from "./gate.tsx";

interface DialogFootProps {
  /** Why it was refused; `null` while it was not. */
  readonly error: unknown;
  readonly isPending: boolean;
  readonly submit: string;
  readonly onCancel: () => void;
}

/** The end of a form in a dialog. */
export const DialogFoot = ({ error, isPending, submit, onCancel }: DialogFootProps) => (
  <>
    <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
    <div className={s.dialogActions}>
      <Button variant="default" onClick={onCancel}>
        {frame.cancel}
      </Button>
      <Button type="submit" loading={isPending}>
        {submit}
      </Button>
    </div>
  </>
);
