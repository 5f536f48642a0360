import { ActionIcon, Button } from "@mantine/core";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconUpload,
  IconX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Track } from "#contract/library.ts";
import type { Upload } from "#contract/uploads.ts";
import { playTracks } from "../library/play.ts";
import { usePlayer } from "../playback/use-player.ts";
import { library } from "../words/library.ts";
import { upload as words } from "../words/upload.ts";
import { queue } from "./here.ts";
import { isUnderWay, type Sending } from "./queue.ts";
import { sentenceOfDelay, sentenceOfUpload } from "./sentences.ts";
import { UploadBar } from "./upload-bar.tsx";
import s from "./uploads.module.css";

interface SendingRowProps {
  readonly sending: Sending;
  /** What the server says of it: where it goes. */
  readonly known: Upload | undefined;
  /** What it has become. */
  readonly track: Track | undefined;
}

export function SendingRow({ sending, known, track }: SendingRowProps) {
  const { file, state } = sending;
  return (
    <li className={s.row}>
      <div className={s.rowText}>
        <div className="cut">{file.name}</div>
        {known ? <div className={`${s.path} soft`}>{known.path}</div> : null}
      </div>
      <RowActions sending={sending} />
      <div className={s.rowMore}>
        {state === "done" ? (
          <Done sending={sending} track={track} />
        ) : state === "failed" ? (
          <Failed sending={sending} />
        ) : (
          <Progress sending={sending} />
        )}
      </div>
    </li>
  );
}

function RowActions({ sending }: Pick<SendingRowProps, "sending">) {
  const { key, file, state } = sending;
  const isOver = state === "done" || state === "failed";
  return (
    <div className={s.rowActions}>
      {isUnderWay(sending) && state !== "finishing" ? (
        <ActionIcon aria-label={words.pause(file.name)} onClick={() => queue.pause(key)}>
          <IconPlayerPauseFilled size={16} />
        </ActionIcon>
      ) : null}
      {state === "paused" ? (
        <ActionIcon aria-label={words.resume(file.name)} onClick={() => queue.resume(key)}>
          <IconUpload size={16} />
        </ActionIcon>
      ) : null}
      <ActionIcon
        aria-label={isOver ? words.remove(file.name) : words.cancel(file.name)}
        onClick={() => queue.remove(key)}
      >
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}

function Progress({ sending }: Pick<SendingRowProps, "sending">) {
  const { file, sentBytes, state, error } = sending;
  const figures = figuresOf(sending);
  return (
    <>
      <UploadBar
        name={file.name}
        done={file.size === 0 ? 0 : sentBytes / file.size}
        text={`${words.states[state]}, ${figures}`}
        isStill={state !== "sending"}
      />
      <div className="soft times">{figures}</div>
      {state === "held_up" ? <div>{words.heldUp(sentenceOfDelay(error))}</div> : null}
    </>
  );
}

/** '12.3 MB of 45.6 MB · 26 % · 3 minutes left' */
function figuresOf({ file, sentBytes, state, bytesPerSecond }: Sending): string {
  const sent = words.sent(sentBytes, file.size);
  if (state === "queued" || state === "paused" || state === "finishing") {
    return sentBytes > 0 && state !== "finishing"
      ? `${words.states[state]} · ${sent}`
      : words.states[state];
  }
  const percent = words.percent(file.size === 0 ? 0 : Math.floor((sentBytes / file.size) * 100));
  const left = bytesPerSecond ? ((file.size - sentBytes) / bytesPerSecond) * 1000 : null;
  return [sent, percent, left === null ? "" : words.remaining(left)]
    .filter((part) => part !== "")
    .join(" · ");
}

const Failed = ({ sending }: Pick<SendingRowProps, "sending">) => (
  <>
    <div className={s.trouble}>{sentenceOfUpload(sending.error)}</div>
    <Button
      className={s.retry ?? ""}
      variant="default"
      size="compact-sm"
      aria-label={words.retryFor(sending.file.name)}
      onClick={() => queue.resume(sending.key)}
    >
      {words.retry}
    </Button>
  </>
);

function PlayTrack({ track }: { readonly track: Track }) {
  const isPlaying = usePlayer((state) => state.isPlaying && state.track?.id === track.id);
  const Icon = isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled;
  return (
    <ActionIcon
      aria-label={isPlaying ? library.pauseRow(track.title) : library.playRow(track.title)}
      onClick={() => playTracks([track], 0)}
    >
      <Icon size={16} />
    </ActionIcon>
  );
}

/** Where it plays, once it has been read. */
function Done({ sending, track }: Pick<SendingRowProps, "sending" | "track">) {
  if (!track) return <div className="soft">{words.reading}</div>;
  return (
    <div className={s.arrived}>
      <Link to="/b/$bandId/tracks/$trackId" params={{ bandId: sending.bandId, trackId: track.id }}>
        {words.inLibrary}
      </Link>
      <PlayTrack track={track} />
    </div>
  );
}
