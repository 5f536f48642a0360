import { Button, Modal } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import s from "./lists.module.css";

interface ChooseListProps {
  readonly title: string;
  /** What the choices are, for who can't see them. */
  readonly label: string;
  readonly error: unknown;
  /** In place of all choices: a new one. */
  readonly create: string;
  readonly onCreate: () => void;
  readonly onClose: () => void;
  /** Below the choices. */
  readonly more?: ReactNode;
  readonly children: ReactNode;
}

/** Asks into which list recordings go. */
export const ChooseList = ({ title, label, error, more, children, ...rest }: ChooseListProps) => (
  <Modal opened onClose={rest.onClose} title={title}>
    <ul className={s.choices} aria-label={label}>
      {children}
    </ul>
    {more}
    <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
    <div className={s.foot}>
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={rest.onCreate}
      >
        {rest.create}
      </Button>
    </div>
  </Modal>
);

interface ChoiceProps {
  readonly isPending: boolean;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

export const Choice = ({ isPending, onChoose, children }: ChoiceProps) => (
  <li>
    <button type="button" className={s.line} disabled={isPending} onClick={onChoose}>
      {children}
    </button>
  </li>
);
