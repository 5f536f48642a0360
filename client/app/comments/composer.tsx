import { Button, Switch, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { LONGEST_COMMENT } from "#contract/comment-length.ts";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useControls, usePlayer, useProgress } from "../playback/use-player.ts";
import { comments } from "../words/comments.ts";
import s from "./comments.module.css";
import { refreshThreads } from "./comments.ts";

/** Takes the time at which one begins to write, and keeps it while the music goes on. */
export function Composer({ track }: { readonly track: Track }) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const player = useControls();
  const [text, setText] = useState("");
  const [heldMs, setHeldMs] = useState<number | null>(null);
  const [isWhole, setIsWhole] = useState(false);
  const nowMs = () => (isCurrent ? Math.round(player.progress.get().positionSeconds * 1000) : 0);
  const create = useMutation(
    trpc.library.comments.create.mutationOptions({
      async onSuccess() {
        setText("");
        setHeldMs(null);
        await refreshThreads(track.id);
      },
    }),
  );
  return (
    <form
      className={s.composer}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        create.mutate({ trackId: track.id, atMs: isWhole ? null : (heldMs ?? nowMs()), text });
      }}
    >
      <Field
        heldMs={isWhole ? null : (heldMs ?? (isCurrent ? undefined : 0))}
        text={text}
        onText={(next) => {
          if (text === "" && next !== "") setHeldMs(nowMs());
          if (next === "") setHeldMs(null);
          setText(next);
        }}
      />
      <FormFailure>{create.error ? sentenceOf(create.error) : null}</FormFailure>
      <div className={s.foot}>
        <Switch
          label={comments.isWhole}
          checked={isWhole}
          onChange={(event) => setIsWhole(event.currentTarget.checked)}
        />
        <Button type="submit" loading={create.isPending} disabled={text.trim() === ""}>
          {comments.send}
        </Button>
      </div>
    </form>
  );
}

interface FieldProps {
  /** `undefined`: wherever the playhead is; `null`: about all of it. */
  readonly heldMs: number | null | undefined;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** By itself, because the playhead moves several times a second. */
function Field({ heldMs, text, onText }: FieldProps) {
  const { positionSeconds } = useProgress();
  const atMs = heldMs === undefined ? positionSeconds * 1000 : heldMs;
  return (
    <Textarea
      label={comments.write(atMs)}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
      maxLength={LONGEST_COMMENT}
      rows={2}
    />
  );
}
