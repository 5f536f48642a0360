import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";

const words = admin.invitations;

interface InvitationLinkProps {
  readonly text: string;
  readonly url: string;
  readonly onDone: () => void;
}

/** The link, for the only time that it can be seen. */
export function InvitationLink({ text, url, onDone }: InvitationLinkProps) {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  useEffect(() => field.current?.select(), []);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(url);
      setSaid(words.copied);
    } catch {
      // Browsers have no clipboard over plain http.
      field.current?.select();
      setSaid(words.copyByHand);
    }
  };
  return (
    <div className={s.link}>
      <p className={s.linkText}>{text}</p>
      <TextInput
        ref={field}
        aria-label={words.link}
        value={url}
        readOnly
        spellCheck={false}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div className={s.actions}>
        <Button onClick={copy}>{words.copy}</Button>
        <Button variant="default" onClick={onDone}>
          {words.done}
        </Button>
        <output className={s.said}>{said}</output>
      </div>
    </div>
  );
}
