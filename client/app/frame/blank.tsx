import type { ReactNode } from "react";
import s from "./blank.module.css";

interface BlankProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: ReactNode;
  /** What to do next. */
  readonly children?: ReactNode;
  /** Nothing else is on the screen, so its title is the screen's. */
  readonly isScreen?: boolean;
  /** A failure is read out at once. */
  readonly isFailure?: boolean;
}

/** Where content would be: nothing yet, nothing found, or it could not be loaded. */
export function Blank({
  icon,
  title,
  text,
  children,
  isScreen = false,
  isFailure = false,
}: BlankProps) {
  const Heading = isScreen ? "h1" : "h2";
  return (
    <div className={s.blank} role={isFailure ? "alert" : undefined}>
      <div className={s.icon} aria-hidden="true">
        {icon}
      </div>
      <Heading className={s.title}>{title}</Heading>
      <p className={s.text}>{text}</p>
      {children ? <div className={s.actions}>{children}</div> : null}
    </div>
  );
}
