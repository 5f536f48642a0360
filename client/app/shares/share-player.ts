import type { WireError } from "#contract/errors.ts";
import type { SharedTrack } from "#contract/shares.ts";
import { backline, refusalOf } from "../api.ts";
import { isSignedOut } from "../auth/session.ts";
import type { PlayedTrack } from "../playback/deck.ts";
import { type Diagnosis, diagnose } from "../playback/diagnosis.ts";
import { later, playerPreferences, sayOnce, player as tabPlayer } from "../playback/here.ts";
import { startMediaSession } from "../playback/media-session.ts";
import { createPlayer, type Player } from "../playback/player.ts";
import type { Queue } from "../playback/queue.ts";
import { startShortcuts } from "../playback/shortcuts.ts";
import { createStore, type Store } from "../playback/store.ts";
import { startTabs } from "../playback/tabs.ts";
import { playback } from "../words/playback.ts";
import { openAgain, type SharedRecording } from "./opened-share.ts";

/** The app's player, for the guest of a public link. */
export interface SharePlayer {
  readonly player: Player;
  /** Why there is nothing to hear any more; `null` while there is. */
  readonly refusal: Pick<Store<WireError | null>, "get" | "subscribe">;
  /** Shows what the link leads to. What a password has interrupted goes on. */
  show(shared: SharedRecording): void;
  /** True once the listen is counted: then the bytes are there for the asking. */
  hasBegun(): boolean;
  begin(): Promise<void>;
  /** Ends it when the failure says that the link is over. */
  end(error: unknown): void;
  /** @returns what gives keys and sound back. */
  start(): () => void;
}

/** So often who listens finds out that the link was taken back, though all bytes are here already. */
const LOOK_MS = 2_000;

/** @param token - the secret of the link. */
export function createSharePlayer(token: string): SharePlayer {
  const refusal = createStore<WireError | null>(null);
  let shared: SharedRecording | null = null;
  let listen: Promise<void> | null = null;
  let hasBegun = false;
  let isInterrupted = false;

  const streamUrl = ({ id }: PlayedTrack): string => backline.streamUrl(id, shared?.shareId);
  const sound = new Audio();
  sound.preload = "auto";
  const player = createPlayer(
    {
      sound,
      streamUrl,
      prepare: () => (hasBegun ? null : begin()),
      diagnose: findOut,
      later,
      now: Date.now,
      preload: () => {},
      isOnline: () => navigator.onLine,
      noteSkipped: (track, reason) => sayOnce("skipped", playback.skipped(track.title), reason),
      noteBlocked: () => sayOnce("blocked", playback.blockedTitle, playback.blocked),
      noteSignedOut: () => {
        isInterrupted = true;
      },
      // Guests are sent nowhere else.
      noteElsewhere: () => {},
      savePreferences: playerPreferences.set,
      random: Math.random,
    },
    playerPreferences.get(),
  );

  function begin(): Promise<void> {
    listen ??= beginOnce().catch((error: unknown) => {
      listen = null;
      end(error);
      throw error;
    });
    return listen;
  }

  async function beginOnce(): Promise<void> {
    try {
      await count();
    } catch (error) {
      if (!isSignedOut(error) || !(await reopen())) throw error;
      await count();
    }
    hasBegun = true;
    // How many are left is another figure now. Whoever else wants to know finds out later.
    void openAgain(token).catch(() => {});
  }

  async function count(): Promise<void> {
    if (!shared) throw new Error("Nothing is shown yet.");
    const { shareId, track } = shared;
    await backline.api.playback.shares.beginListen.mutate({ shareId, trackId: track.id });
  }

  /** The half day of a guest is over. False: it takes the password, which the page asks for. */
  async function reopen(): Promise<boolean> {
    hasBegun = false;
    listen = null;
    try {
      const opened = await openAgain(token);
      if (opened.status !== "open") return false;
      shared = opened;
      return true;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  async function findOut(track: PlayedTrack): Promise<Diagnosis> {
    const found = await diagnose({ fetch: backline.fetch, isSignedIn: reopen }, streamUrl(track));
    const ended = refusal.get();
    if (ended) return { kind: "stuck", message: ended.message };
    // Nothing else follows that could be played instead.
    return found.kind === "gone" ? { kind: "stuck", message: found.message } : found;
  }

  function end(error: unknown): void {
    const told = refusalOf(error);
    if (told?.code !== "not_found" && told?.code !== "gone") return;
    refusal.set(told);
    player.clear();
  }

  /** Whether this browser is a guest still, by a request that costs the storage nothing. */
  async function look(): Promise<void> {
    const { track, isPlaying } = player.state.get();
    if (!track || !isPlaying || !hasBegun) return;
    const answer = await backline.fetch(streamUrl(track), { method: "HEAD", cache: "no-store" });
    if (answer.status !== 401) return;
    if (await reopen()) return begin();
    isInterrupted = true;
    player.pause();
  }

  /** Let in anew it is another listen. */
  async function goOn(): Promise<void> {
    isInterrupted = false;
    await begin();
    player.play();
  }

  return {
    player,
    refusal,
    begin,
    end,
    hasBegun: () => hasBegun,
    show(opened) {
      shared = opened;
      const track = toPlayed(opened.track);
      if (player.state.get().track) player.refresh([track]);
      // By a key it would be counted, and not heard.
      else if (opened.track.isPresent) player.cueQueue(queueOf(track));
      // Why it fails is shown by then, or pressing play finds out.
      if (isInterrupted) goOn().catch(() => {});
    },
    start() {
      tabPlayer.pause();
      const giveBack = startMediaSession(player, (track) => backline.shareCoverUrl(token, track));
      const forgetKeys = startShortcuts(player);
      const leaveTabs = startTabs(player);
      window.addEventListener("online", player.wake);
      // Silence is no answer, and what ends the link is noted elsewhere.
      const looking = setInterval(() => look().catch(() => {}), LOOK_MS);
      return () => {
        clearInterval(looking);
        window.removeEventListener("online", player.wake);
        forgetKeys();
        leaveTabs();
        player.clear();
        giveBack();
      };
    },
  };
}

const toPlayed = ({ isPresent, ...track }: SharedTrack): PlayedTrack => ({
  ...track,
  state: isPresent ? "present" : "missing",
});

const queueOf = (track: PlayedTrack): Queue => ({
  tracks: [track],
  index: 0,
  next: null,
  fetchPage: async () => ({ tracks: [], next: null }),
});
