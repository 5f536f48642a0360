import { Button, CopyButton } from "@mantine/core";
import { security } from "../words/security.ts";
import s from "./settings.module.css";
import t from "./two-factor.module.css";

const words = security.twoFactor.backup;

interface BackupCodeListProps {
  readonly codes: readonly string[];
  readonly onKept: () => void;
}

/** Shown once: whoever loses the app gets in with one of them. */
export const BackupCodeList = ({ codes, onKept }: BackupCodeListProps) => (
  <section className={s.form} aria-label={words.title}>
    <p className={t.text}>
      <strong>{words.title}.</strong> {words.text}
    </p>
    <ul className={t.codes}>
      {codes.map((code) => (
        <li key={code}>{code}</li>
      ))}
    </ul>
    <div className={s.actions}>
      <Button onClick={onKept} autoFocus>
        {words.kept}
      </Button>
      <CopyButton value={codes.join("\n")}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy}>
            {copied ? words.copied : words.copy}
          </Button>
        )}
      </CopyButton>
    </div>
  </section>
);
