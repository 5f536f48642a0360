import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const { title, text, steps, why } = storage.connect.jellyfin.help;

/** Beside the form: what is read there, and which account to take. */
export const JellyfinHelp = () => (
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
