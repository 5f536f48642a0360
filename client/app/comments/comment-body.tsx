import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Comment } from "#contract/comments.ts";
import type { TrackId } from "#contract/ids.ts";
import { backline, trpc } from "../api.ts";
import { useIsEditor, useIsOwner } from "../frame/band.ts";
import { Confirm } from "../frame/confirm.tsx";
import { Tag } from "../frame/lines.tsx";
import { comments } from "../words/comments.ts";
import s from "./comments.module.css";
import { nameOf, refreshThreads } from "./comments.ts";
import { Writing } from "./writing.tsx";

interface CommentBodyProps {
  readonly comment: Comment;
  readonly trackId: TrackId;
  readonly children?: ReactNode;
}

/** What somebody has written, and what may be done with it. @param children - further buttons. */
export function CommentBody({ comment, trackId, children }: CommentBodyProps) {
  const isOwner = useIsOwner();
  const isEditor = useIsEditor();
  const [opened, setOpened] = useState<"edit" | "remove" | null>(null);
  const close = () => setOpened(null);
  const remove = useMutation(
    trpc.library.comments.remove.mutationOptions({ onSuccess: () => refreshThreads(trackId) }),
  );
  const save = async (text: string) => {
    await backline.api.library.comments.edit.mutate({ commentId: comment.id, text });
    await refreshThreads(trackId);
  };
  if (opened === "edit") {
    const texts = { label: comments.editing, submit: comments.save, text: comment.text };
    return <Writing {...texts} onSend={save} onClose={close} />;
  }
  const isGuests = comment.author?.isGuest ?? false;
  const canDelete = !comment.isDeleted && (comment.isMine || isOwner || (isGuests && isEditor));
  return (
    <>
      {comment.isDeleted ? (
        <p className={s.deleted}>{comments.deleted}</p>
      ) : (
        <>
          <p className={s.facts}>
            <strong>{nameOf(comment)}</strong> {isGuests ? <Tag>{comments.guest}</Tag> : null}{" "}
            {comments.facts(comment.createdAt, comment.editedAt)}
          </p>
          <p className={s.text}>{comment.text}</p>
        </>
      )}
      <div className={s.actions}>
        {children}
        {comment.isMine ? <Small onClick={() => setOpened("edit")}>{comments.edit}</Small> : null}
        {canDelete ? <Small onClick={() => setOpened("remove")}>{comments.remove}</Small> : null}
      </div>
      <Confirm
        title={comments.removeTitle}
        texts={comments.removeTexts}
        confirm={comments.removeConfirm}
        isHarmful
        isOpen={opened === "remove"}
        onClose={close}
        onConfirm={() => remove.mutate({ commentId: comment.id })}
        isPending={remove.isPending}
        error={remove.error}
      />
    </>
  );
}

export const Small = (props: { readonly onClick: () => void; readonly children: string }) => (
  <Button size="compact-sm" variant="subtle" color="gray" {...props} />
);
