import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const { title, text, steps, why } = storage.connect.s3.help;

/** Beside the form, because an access key is made elsewhere. */
export const S3Help = () => (
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
