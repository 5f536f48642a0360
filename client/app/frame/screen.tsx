import type { ReactNode } from "react";
import s from "./screen.module.css";
import { useScreenTitle } from "./title.ts";

interface ScreenProps {
  readonly title: string;
  /** Beside the title, in its line. */
  readonly note?: ReactNode;
  /** At the right end of the title's line: the main action of the screen. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
  /** Lists use the whole width; what is read does not. */
  readonly isWide?: boolean;
}

export function Screen({ title, note, action, children, isWide = false }: ScreenProps) {
  useScreenTitle(title);
  return (
    <div className={s.screen} data-wide={isWide || undefined}>
      <div className={s.head}>
        <h1 className={s.title}>{title}</h1>
        {note ? <span className="soft times">{note}</span> : null}
        {action ? <div className={s.action}>{action}</div> : null}
      </div>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, action, children }: SectionProps) {
  return (
    <section className={s.section} aria-label={title}>
      <div className={s.sectionHead}>
        <h2 className={s.sectionTitle}>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}
