import { type ReactNode, useEffect, useRef } from "react";
import { Mark } from "../frame/mark.tsx";
import { OfflineBanner } from "../frame/online.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { frame } from "../words/frame.ts";
import s from "./gate.module.css";

interface GateProps {
  readonly title: string;
  readonly text?: ReactNode;
  readonly children: ReactNode;
  readonly isWide?: boolean;
  /** It takes the place of a form that was sent, so reading goes on at its title. */
  readonly isAnswer?: boolean;
}

/** The screens before the app: signing in, and setting up. */
export function Gate({ title, text, children, isWide = false, isAnswer = false }: GateProps) {
  useScreenTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isAnswer) heading.current?.focus();
  }, [isAnswer]);
  return (
    <div className={s.page}>
      <OfflineBanner />
      <main id="main" className={s.gate} data-wide={isWide || undefined}>
        <div className={s.brand}>
          <Mark size={28} />
          <span className={s.name}>{frame.app}</span>
        </div>
        <h1 ref={heading} tabIndex={-1} className={s.title}>
          {title}
        </h1>
        {text ? <p className={s.text}>{text}</p> : null}
        <div className={s.body}>{children}</div>
      </main>
      <footer className={s.tagline}>{frame.tagline}</footer>
    </div>
  );
}

/** A refusal, beside the form that it is about. */
export function FormFailure({ children }: { readonly children: ReactNode }) {
  return (
    <div role="alert" className={children ? s.failure : undefined}>
      {children}
    </div>
  );
}

/** The ways that lead elsewhere, below the form. */
export const Aside = ({ children }: { readonly children: ReactNode }) => (
  <div className={s.aside}>{children}</div>
);
