import { library } from "../words/library.ts";
import type { PlayedTrack } from "./deck.ts";
import type { Player } from "./player.ts";

const SKIP_SECONDS = 10;

/** Where the cover of a track is; `null` when it has none. */
type CoverUrl = (track: PlayedTrack) => string | null;

let holder: readonly [Player, CoverUrl] | null = null;
let stop = (): void => {};

/**
 * Lock screen, media keys and headset buttons. They belong to one player at a time: the last one.
 *
 * @returns what gives them back to the one before.
 */
export function startMediaSession(player: Player, coverUrl: CoverUrl): () => void {
  const before = holder;
  holder = [player, coverUrl];
  if ("mediaSession" in navigator) serve(player, coverUrl);
  return () => {
    if (before) startMediaSession(...before);
  };
}

function serve(player: Player, coverUrl: CoverUrl): void {
  stop();
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

  let shown: PlayedTrack | null = null;
  const show = () => {
    const { track, isPlaying } = player.state.get();
    mediaSession.playbackState = track ? (isPlaying ? "playing" : "paused") : "none";
    if (track !== shown) mediaSession.metadata = track && toMetadata(track, coverUrl(track));
    shown = track;
    notePosition(player);
  };
  const forgetState = player.state.subscribe(show);
  const forgetProgress = player.progress.subscribe(() => notePosition(player));
  show();
  stop = () => {
    forgetState();
    forgetProgress();
    mediaSession.metadata = null;
  };
}

function toMetadata(track: PlayedTrack, cover: string | null): MediaMetadata {
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
function notePosition(player: Player): void {
  const nowMs = performance.now();
  if (nowMs - notedAtMs < 1000) return;
  notedAtMs = nowMs;
  const { positionSeconds, durationSeconds } = player.progress.get();
  navigator.mediaSession.setPositionState(
    durationSeconds <= 0
      ? undefined
      : {
          duration: durationSeconds,
          position: Math.min(positionSeconds, durationSeconds),
          playbackRate: player.state.get().rate,
        },
  );
}
