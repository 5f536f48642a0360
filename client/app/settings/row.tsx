import type { ReactNode } from "react";
import s from "./settings.module.css";

interface RowProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

/** What can be set, and what it is set to. */
export const Row = ({ label, hint, children }: RowProps) => (
  <div className={s.row}>
    <div className={s.label}>
      <div>{label}</div>
      {hint ? <div className={s.hint}>{hint}</div> : null}
    </div>
    <div className={s.value}>{children}</div>
  </div>
);

interface PartProps {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** Of a section that has several. */
export const Part = ({ title, action, children }: PartProps) => (
  <div className={s.part}>
    <div className={s.partHead}>
      <h3 className={s.partTitle}>{title}</h3>
      {action}
    </div>
    {children}
  </div>
);
