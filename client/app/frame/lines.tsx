import type { ReactNode } from "react";
import s from "./lines.module.css";

interface LinesProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** A short list that is read and not played: devices, people, what happened. */
export const Lines = ({ label, children }: LinesProps) => (
  <ul className={s.lines} aria-label={label}>
    {children}
  </ul>
);

interface LineProps {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly tags?: readonly string[];
  /** Below the title, smaller. */
  readonly more?: ReactNode;
  /** At the right end. */
  readonly children?: ReactNode;
}

export const Line = ({ icon, title, tags = [], more, children }: LineProps) => (
  <li className={s.line}>
    {icon ? (
      <span className={s.icon} aria-hidden="true">
        {icon}
      </span>
    ) : null}
    <div className={s.text}>
      <div className={s.title}>
        {title}
        {tags.map((tag) => (
          <Tag key={tag}>{tag}</Tag>
        ))}
      </div>
      {more ? <div className={`${s.more} times`}>{more}</div> : null}
    </div>
    {children}
  </li>
);

export const Tag = ({ children }: { readonly children: string }) => (
  <span className={s.tag}>{children}</span>
);
