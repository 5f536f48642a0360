import type { WireError } from "#contract/errors.ts";
import type { TrackId } from "#contract/ids.ts";
import { backline, refusalOf } from "../api.ts";
import { isSignedOut } from "../auth/session.ts";
import type { PlayedTrack } from "../playback/deck.ts";
import { type Diagnosis, diagnose } from "../playback/diagnosis.ts";
import { later, playerPreferences, player as tabPlayer } from "../playback/here.ts";
import { createHlsAttaching } from "../playback/hls-here.ts";
import { startMediaSession } from "../playback/media-session.ts";
import { createPlayer, type Player } from "../playback/player.ts";
import { sayOnce } from "../playback/say-once.ts";
import { startShortcuts } from "../playback/shortcuts.ts";
import { createStore, type Store } from "../playback/store.ts";
import { startTabs } from "../playback/tabs.ts";
import { playback } from "../words/playback.ts";
import { startLooking } from "./looking.ts";
import { openAgain, type SharedRecording } from "./opened-share.ts";
import { queueOf, toPlayed } from "./shared-queue.ts";

/** The app's player, for the guest of a public link. */
export interface SharePlayer {
  readonly player: Player;
  /** Why there is nothing to hear any more; `null` while there is. */
  readonly refusal: Pick<Store<WireError | null>, "get" | "subscribe">;
  /** Shows what the link leads to. What a password has interrupted goes on. */
  show(shared: SharedRecording): void;
  /** True once the listen is counted: then the bytes are there for the asking. */
  hasBegun(trackId: TrackId): boolean;
  begin(trackId: TrackId): Promise<void>;
  /** Plays one of the list, and on from there. */
  playFrom(index: number): void;
  /** Ends it when the failure says that the link is over. */
  end(error: unknown): void;
  /** @returns what gives keys and sound back. */
  start(): () => void;
}

/** So often who listens finds out that the link was taken back, though all bytes are here already. */
const LOOK_MS = 2_000;
/** A line that stands still says nothing, and the next look may. */
const LOOK_PATIENCE_MS = 10_000;
const NOT_YET = Promise.resolve();

/** @param token - the secret of the link. */
export function createSharePlayer(token: string): SharePlayer {
  const refusal = createStore<WireError | null>(null);
  let shared: SharedRecording | null = null;
  const listens = new Map<TrackId, Promise<void>>();
  const begun = new Set<TrackId>();
  const askedAhead = new Set<TrackId>();
  let isInterrupted = false;

  const streamUrl = ({ id }: PlayedTrack): string => backline.streamUrl(id, shared?.shareId);
  const hls = createHlsAttaching(
    { streamUrl, hlsUrl: ({ id }, wish) => backline.hlsUrl(id, wish, shared?.shareId) },
    later,
  );
  const [sound, spare] = [new Audio(), new Audio()];
  sound.preload = "auto";
  spare.preload = "auto";
  const player = createPlayer(
    {
      sound,
      spare,
      streamUrl,
      attach: hls.attach,
      prepare,
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

  function prepare({ id }: PlayedTrack, isAhead: boolean): Promise<void> | null {
    if (begun.has(id)) return hls.prepare();
    if (!isAhead) return begin(id).then(() => hls.prepare() ?? undefined);
    // Where listens are numbered none is spent on what may never be heard; and it is asked for once.
    if (shared?.playsLeft === null && !askedAhead.has(id)) {
      askedAhead.add(id);
      // When it does not begin, that is said when it is its turn.
      begin(id).catch(() => {});
    }
    return NOT_YET;
  }

  function begin(trackId: TrackId): Promise<void> {
    const listen =
      listens.get(trackId) ??
      beginOnce(trackId).catch((error: unknown) => {
        listens.delete(trackId);
        endListen(error);
        throw error;
      });
    listens.set(trackId, listen);
    return listen;
  }

  async function beginOnce(trackId: TrackId): Promise<void> {
    try {
      await count(trackId);
    } catch (error) {
      if (!isSignedOut(error) || !(await reopen())) throw error;
      await count(trackId);
    }
    begun.add(trackId);
    // How many are left is another figure now. Whoever else wants to know finds out later.
    void openAgain(token).catch(() => {});
  }

  async function count(trackId: TrackId): Promise<void> {
    if (!shared) throw new Error("Nothing is shown yet.");
    const { shareId } = shared;
    await backline.api.playback.shares.beginListen.mutate({ shareId, trackId });
  }

  /** The half day of a guest is over. False: it takes the password, which the page asks for. */
  async function reopen(): Promise<boolean> {
    begun.clear();
    askedAhead.clear();
    listens.clear();
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
    const isAlone = shared?.kind === "track";
    // Nothing else follows that could be played instead.
    return found.kind === "gone" && isAlone ? { kind: "stuck", message: found.message } : found;
  }

  function end(error: unknown): void {
    const told = refusalOf(error);
    if (told?.code !== "not_found" && told?.code !== "gone") return;
    refusal.set(told);
    player.clear();
  }

  /** One recording may have left the list: whether the link is over is said when it is opened. */
  function endListen(error: unknown): void {
    const isOfList = shared !== null && shared.kind !== "track";
    if (isOfList && refusalOf(error)?.code === "not_found") void openAgain(token).catch(end);
    else end(error);
  }

  /** Whether this browser is a guest still, by a request that costs the storage nothing. */
  async function look(): Promise<void> {
    const { track, isPlaying } = player.state.get();
    if (!track || !isPlaying || !begun.has(track.id)) return;
    const answer = await backline.fetch(streamUrl(track), {
      method: "HEAD",
      cache: "no-store",
      signal: AbortSignal.timeout(LOOK_PATIENCE_MS),
    });
    if (answer.status === 404) return leave(track);
    if (answer.status !== 401) return;
    if (await reopen()) return begin(track.id);
    isInterrupted = true;
    player.pause();
  }

  /** It is none of the list's any more: what followed it plays on. */
  async function leave({ id }: PlayedTrack): Promise<void> {
    if (!shared || shared.kind === "track") return;
    const at = shared.tracks.findIndex((track) => track.id === id);
    const opened = await openAgain(token);
    // Something else plays by now, or nothing any more.
    if (player.state.get().track?.id !== id) return;
    if (opened.status !== "open" || opened.tracks.some((track) => track.id === id)) return;
    const index = opened.tracks.findIndex(({ isPresent }, place) => place >= at && isPresent);
    if (index < 0) player.clear();
    else player.playQueue(queueOf(opened.tracks, index));
  }

  /** Let in anew it is another listen. */
  async function goOn(): Promise<void> {
    isInterrupted = false;
    const { track } = player.state.get();
    if (!track) return;
    await begin(track.id);
    player.play();
  }

  return {
    player,
    refusal,
    begin,
    end,
    hasBegun: (trackId) => begun.has(trackId),
    playFrom(index) {
      if (shared) player.playQueue(queueOf(shared.tracks, index));
    },
    show(opened) {
      shared = opened;
      const { tracks } = opened;
      const first = tracks.findIndex(({ isPresent }) => isPresent);
      if (player.state.get().track) player.refresh(tracks.map(toPlayed));
      // By a key it would be counted, and not heard.
      else if (first >= 0) player.cueQueue(queueOf(tracks, first));
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
      const stopLooking = startLooking(look, LOOK_MS, later);
      return () => {
        stopLooking();
        window.removeEventListener("online", player.wake);
        forgetKeys();
        leaveTabs();
        player.clear();
        giveBack();
      };
    },
  };
}
