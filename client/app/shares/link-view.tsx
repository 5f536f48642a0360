import { Button } from "@mantine/core";
import { CopyField } from "../frame/copy-field.tsx";
import { shares } from "../words/shares.ts";
import s from "./shares.module.css";

const words = shares.link;

interface LinkViewProps {
  /** As the server gave it. */
  readonly path: string;
  /** The one that was just chosen; `null` for none, and for one that stays. */
  readonly password: string | null;
  readonly onDone: () => void;
}

/** The link, for the only time that it can be seen. */
export const LinkView = ({ path, password, onDone }: LinkViewProps) => (
  <div className={s.form}>
    <p className={s.text}>{password === null ? words.text : words.withPassword}</p>
    <CopyField
      label={words.link}
      value={new URL(path, location.origin).href}
      copy={words.copyLink}
      isSelected
    />
    {password === null ? null : (
      <CopyField label={words.password} value={password} copy={words.copyPassword} />
    )}
    <div className={s.actions}>
      <Button variant="default" onClick={onDone}>
        {words.done}
      </Button>
    </div>
  </div>
);
