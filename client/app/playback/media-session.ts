import type { Track } from "#contract/library.ts";
import { backline } from "../api.ts";
import { library } from "../words/library.ts";
import { player } from "./here.ts";

const SKIP_SECONDS = 10;

/** Lock screen, media keys and headset buttons. */
export function startMediaSession(): void {
  if (!("mediaSession" in navigator)) return;
  const { mediaSession } = navigator;
  const actions: readonly (readonly [MediaSessionAction, MediaSessionActionHandler])[] = [
    ["play", player.play],
    ["pause", player.pause],
    ["stop", player.pause],
    ["nexttrack", player.next],
    ["previoustrack", player.previous],
    ["seekbackward", ({ seekOffset }) => player.seekBy(-(seekOffset ?? SKIP_SECONDS))],
    ["seekforward", ({ seekOffset }) => player.seekBy(seekOffset ?? SKIP_SECONDS)],
    ["seekto", ({ seekTime }) => player.seek(seekTime ?? 0)],
  ];
  for (const [action, handle] of actions) {
    try {
      mediaSession.setActionHandler(action, handle);
    } catch {
      // This browser does not know the action; the others still work.
    }
  }

  let shown: Track | null = null;
  player.state.subscribe(() => {
    const { track, isPlaying } = player.state.get();
    mediaSession.playbackState = track ? (isPlaying ? "playing" : "paused") : "none";
    if (track !== shown) mediaSession.metadata = track && toMetadata(track);
    shown = track;
    notePosition(mediaSession);
  });
  player.progress.subscribe(() => notePosition(mediaSession));
}

function toMetadata(track: Track): MediaMetadata {
  const cover = backline.coverUrl(track, "large");
  return new MediaMetadata({
    title: track.title,
    artist: track.artist ?? library.unknownArtist,
    album: track.album ?? "",
    artwork: cover
      ? [{ src: cover, type: "image/webp" }]
      : [
          {
            src: new URL("/icon-512.png", location.origin).href,
            sizes: "512x512",
            type: "image/png",
          },
        ],
  });
}

let notedAtMs = 0;

/** The system counts on by itself, so once a second is more than enough. */
function notePosition(mediaSession: MediaSession): void {
  const nowMs = performance.now();
  if (nowMs - notedAtMs < 1000) return;
  notedAtMs = nowMs;
  const { positionSeconds, durationSeconds } = player.progress.get();
  mediaSession.setPositionState(
    durationSeconds <= 0
      ? undefined
      : {
          duration: durationSeconds,
          position: Math.min(positionSeconds, durationSeconds),
          playbackRate: player.state.get().rate,
        },
  );
}
