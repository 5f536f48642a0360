import s from "./storage.module.css";

interface ConnectHelpProps {
  readonly help: {
    readonly title: string;
    readonly text: string;
    readonly steps: readonly string[];
    readonly why: string;
  };
}

/** Beside the form, for what a person does or should know elsewhere. */
export const ConnectHelp = ({ help: { title, text, steps, why } }: ConnectHelpProps) => (
  <aside className={s.help} aria-label={title}>
    <h2 className={s.helpTitle}>{title}</h2>
    <p>{text}</p>
    <ul className={s.steps}>
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ul>
    <p>{why}</p>
  </aside>
);
