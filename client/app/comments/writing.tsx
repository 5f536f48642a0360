import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { LONGEST_COMMENT } from "#contract/comment-length.ts";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { comments } from "../words/comments.ts";
import s from "./comments.module.css";

interface WritingProps {
  readonly label: string;
  readonly submit: string;
  readonly text?: string;
  /** What it rejects with is shown, and what is written stays. */
  readonly onSend: (text: string) => Promise<unknown>;
  readonly onClose: () => void;
}

/** A reply, or a comment that is written anew. */
export function Writing({ label, submit, text: before = "", onSend, onClose }: WritingProps) {
  const [text, setText] = useState(before);
  const [isSending, setIsSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const send = async () => {
    setIsSending(true);
    try {
      await onSend(text);
      onClose();
    } catch (error) {
      setFailure(sentenceOf(error));
      setIsSending(false);
    }
  };
  return (
    <form
      className={s.writing}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") void send();
      }}
    >
      <Textarea
        label={label}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={LONGEST_COMMENT}
        rows={2}
        autoFocus
      />
      <FormFailure>{failure}</FormFailure>
      <div className={s.foot}>
        <Button variant="default" onClick={onClose}>
          {comments.cancel}
        </Button>
        <Button type="submit" loading={isSending} disabled={text.trim() === ""}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
