import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { LONGEST_COMMENT } from "#contract/comment-length.ts";
import type { GuestThread } from "#contract/comments.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { comments } from "../words/comments.ts";
import { shares } from "../words/shares.ts";
import type { ComposerProps } from "./guest-comments.tsx";
import { NameField, useGivenName } from "./guest-name.tsx";
import s from "./listen.module.css";

interface GuestReplyProps extends ComposerProps {
  readonly thread: GuestThread;
}

/** Replies to a thread, under the same name as everything that this guest writes. */
export function GuestReply(props: GuestReplyProps) {
  const [isOpen, setIsOpen] = useState(false);
  if (isOpen) return <ReplyForm {...props} onClose={() => setIsOpen(false)} />;
  return (
    <Button
      className={s.reply ?? ""}
      size="compact-sm"
      variant="subtle"
      aria-label={comments.replyTo(props.thread.name ?? shares.guest.comments.band)}
      onClick={() => setIsOpen(true)}
    >
      {comments.reply}
    </Button>
  );
}

interface ReplyFormProps extends GuestReplyProps {
  readonly onClose: () => void;
}

function ReplyForm({ of, thread, onWritten, onClose }: ReplyFormProps) {
  const name = useGivenName();
  const [text, setText] = useState("");
  const write = useMutation({
    mutationFn: () =>
      backline.api.playback.shares.reply.mutate({ ...of, commentId: thread.id, name, text }),
    onSuccess(threads) {
      onWritten(threads);
      onClose();
    },
  });
  const isEmpty = name.trim() === "" || text.trim() === "";
  return (
    <form
      className={s.composer}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) write.mutate();
      }}
    >
      <Textarea
        label={comments.replyTo(thread.name ?? shares.guest.comments.band)}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={LONGEST_COMMENT}
        rows={2}
        autoFocus
      />
      <NameField name={name} />
      <FormFailure>{write.error ? sentenceOf(write.error) : null}</FormFailure>
      <div className={s.replyActions}>
        <Button variant="default" onClick={onClose}>
          {comments.cancel}
        </Button>
        <Button type="submit" loading={write.isPending} disabled={isEmpty}>
          {comments.reply}
        </Button>
      </div>
    </form>
  );
}
