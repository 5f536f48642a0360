import { Button } from "@mantine/core";
import { CopyField } from "../frame/copy-field.tsx";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";

const words = admin.invitations;

interface InvitationLinkProps {
  readonly text: string;
  readonly url: string;
  readonly onDone: () => void;
}

/** The link, for the only time that it can be seen. */
export const InvitationLink = ({ text, url, onDone }: InvitationLinkProps) => (
  <div className={s.link}>
    <p className={s.linkText}>{text}</p>
    <CopyField label={words.link} value={url} copy={words.copy} isSelected />
    <div className={s.actions}>
      <Button variant="default" onClick={onDone}>
        {words.done}
      </Button>
    </div>
  </div>
);
