import { Button, Modal } from "@mantine/core";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { frame } from "../words/frame.ts";
import s from "./confirm.module.css";

interface ConfirmProps {
  readonly title: string;
  /** What it brings about, and what it leaves alone: a paragraph each. */
  readonly texts: readonly string[];
  readonly confirm: string;
  readonly isHarmful?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
  readonly isPending: boolean;
  /** Why it was refused. */
  readonly error: unknown;
}

/** Asks before what no button takes back. A refusal is said in it, and it stays open. */
export const Confirm = ({ title, texts, confirm, isHarmful = false, ...rest }: ConfirmProps) => (
  <Modal opened={rest.isOpen} onClose={rest.onClose} title={title}>
    {texts.map((text) => (
      <p key={text} className={s.text}>
        {text}
      </p>
    ))}
    <FormFailure>{rest.error ? sentenceOf(rest.error) : null}</FormFailure>
    <div className={s.actions}>
      <Button variant="default" onClick={rest.onClose} data-autofocus>
        {frame.cancel}
      </Button>
      <Button
        {...(isHarmful ? { color: "red" } : {})}
        loading={rest.isPending}
        onClick={rest.onConfirm}
      >
        {confirm}
      </Button>
    </div>
  </Modal>
);
