import { Button, Skeleton } from "@mantine/core";
import {
  IconDownload,
  IconPencil,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconShare,
  IconTrash,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { Track, WholeTrack } from "#contract/library.ts";
import { backline, trpc } from "../api.ts";
import { CommentsSection } from "../comments/comments-section.tsx";
import { CommentMarks } from "../comments/marks.tsx";
import { BackLink } from "../frame/back-link.tsx";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { FailedPage } from "../frame/failed.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { usePlayer } from "../playback/use-player.ts";
import { openShareDialog } from "../shares/dialog.ts";
import { edits } from "../words/edits.ts";
import { library } from "../words/library.ts";
import { shares } from "../words/shares.ts";
import { cameFromLibrary } from "./came-from.ts";
import { Cover } from "./cover.tsx";
import { openDeleteDialog } from "./delete-dialog.ts";
import { openEditDialog } from "./edit-dialog.ts";
import { playTracks } from "./play.ts";
import { TrackFacts, TrackLyrics } from "./track-facts.tsx";
import s from "./track-page.module.css";
import { TrackVersions } from "./track-versions.tsx";
import { TrackWaveform } from "./track-waveform.tsx";
import { useDeletable } from "./use-deletable.ts";

const words = library.track;

export function TrackPage() {
  const { trackId } = useParams({ from: "/b/$bandId/tracks/$trackId" });
  const { data, error, refetch } = useQuery(trpc.library.tracks.get.queryOptions({ trackId }));
  if (data) return <TrackDetails track={data} />;
  if (!error) return <LoadingTrack />;
  return <FailedPage title={library.failure.title} error={error} onRetry={refetch} />;
}

function TrackDetails({ track }: { readonly track: WholeTrack }) {
  useScreenTitle(track.title);
  return (
    <div className={s.page}>
      <ToLibrary />
      <div className={s.head}>
        <div className={s.cover}>
          <Cover track={track} size="large" label={words.coverOf(track.title)} />
        </div>
        <div className={s.headText}>
          <h1 className={s.title}>{track.title}</h1>
          <p className={s.by}>
            {[track.artist ?? library.unknownArtist, track.album].filter(Boolean).join(" · ")}
          </p>
          <Trouble track={track} />
          <TrackActions track={track} />
        </div>
      </div>
      <TrackWaveform track={track}>
        <CommentMarks track={track} />
      </TrackWaveform>
      <CommentsSection track={track} />
      <TrackFacts track={track} />
      <TrackLyrics track={track} />
      <TrackVersions track={track} />
    </div>
  );
}

function Trouble({ track }: { readonly track: Track }) {
  if (track.state === "missing" && track.missingSince) {
    return <p className={s.trouble}>{words.missing(track.missingSince)}</p>;
  }
  if (track.state === "failed") return <p className={s.trouble}>{track.failure ?? words.failed}</p>;
  return null;
}

function TrackActions({ track }: { readonly track: Track }) {
  const isPlaying = usePlayer((state) => state.isPlaying && state.track?.id === track.id);
  const isEditor = useIsEditor();
  if (track.state === "missing") {
    return (
      <div className={s.actions}>
        <EditButton track={track} />
        <DeleteButton track={track} />
      </div>
    );
  }
  return (
    <div className={s.actions}>
      <Button
        size="lg"
        leftSection={
          isPlaying ? (
            <IconPlayerPauseFilled size={16} aria-hidden />
          ) : (
            <IconPlayerPlayFilled size={16} aria-hidden />
          )
        }
        onClick={() => playTracks([track], 0)}
      >
        {isPlaying ? words.pause : words.play}
      </Button>
      <Button
        component="a"
        size="lg"
        variant="default"
        href={backline.downloadUrl(track.id)}
        download
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        {library.download}
      </Button>
      {isEditor ? (
        <Button
          size="lg"
          variant="default"
          leftSection={<IconShare size={16} aria-hidden />}
          onClick={() => openShareDialog(track)}
        >
          {shares.share}
        </Button>
      ) : null}
      <EditButton track={track} />
      <DeleteButton track={track} />
    </div>
  );
}

const EditButton = ({ track }: { readonly track: Track }) =>
  useIsEditor() ? (
    <Button
      size="lg"
      variant="default"
      leftSection={<IconPencil size={16} aria-hidden />}
      onClick={() => openEditDialog([track])}
    >
      {edits.edit}
    </Button>
  ) : null;

function DeleteButton({ track }: { readonly track: Track }) {
  const called = useDeletable(track);
  const navigate = useNavigate();
  if (called === null) return null;
  const leave = () =>
    void navigate({ to: "/b/$bandId/library", params: { bandId: track.bandId }, replace: true });
  return (
    <Button
      size="lg"
      variant="default"
      leftSection={<IconTrash size={16} aria-hidden />}
      onClick={() => openDeleteDialog(track, leave)}
    >
      {called}
    </Button>
  );
}

const ToLibrary = () => (
  <BackLink
    to="/b/$bandId/library"
    params={{ bandId: useBandId() }}
    onClick={(event) => {
      // The list as it was left, with its search and place, is one step back.
      if (!cameFromLibrary()) return;
      event.preventDefault();
      history.back();
    }}
  >
    {words.back}
  </BackLink>
);

const LoadingTrack = () => (
  <div className={s.page} aria-busy="true">
    <ToLibrary />
    <div className={s.head}>
      <Skeleton className={s.cover ?? ""} />
      <div className={s.headText}>
        <Skeleton height={20} width="60%" mt={8} />
        <Skeleton height={12} width="40%" mt={16} />
        <Skeleton height={40} width={220} mt={28} />
      </div>
    </div>
    <Skeleton height={160} />
  </div>
);
