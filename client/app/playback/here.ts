import { THROUGH_SERVER } from "#contract/playback.ts";
import { backline } from "../api.ts";
import { endSession, isSignedOut } from "../auth/session.ts";
import { createPreference } from "../settings/preferences.ts";
import { playback } from "../words/playback.ts";
import type { PlayedTrack, PlayerPreferences } from "./deck.ts";
import { diagnose } from "./diagnosis.ts";
import { createHlsAttaching } from "./hls-here.ts";
import { playerInTab } from "./in-tab.ts";
import { startMediaSession } from "./media-session.ts";
import { parseModes, plainModes } from "./modes.ts";
import { createPlayer } from "./player.ts";
import { sayOnce } from "./say-once.ts";
import { startTabs } from "./tabs.ts";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** How loud and how fast, in this browser. */
export const playerPreferences = createPreference<PlayerPreferences>(
  "player",
  { volume: 0.8, isMuted: false, rate: 1 },
  parsePreferences,
);

function parsePreferences(stored: unknown): PlayerPreferences | undefined {
  const { volume, isMuted, rate } = stored as Record<string, unknown>;
  if (typeof volume !== "number" || typeof isMuted !== "boolean") return undefined;
  const isVolume = volume >= 0 && volume <= 1;
  const known = RATES.find((each) => each === rate) ?? 1;
  return isVolume ? { volume, isMuted, rate: known } : undefined;
}

/** How it goes on from track to track, in this browser. */
const playerModes = createPreference("player-modes", plainModes, parseModes);

// Elements that no render ever touches: two that play in turn, and the head of what plays next.
const [sound, spare] = [new Audio(), new Audio()];
sound.preload = "auto";
spare.preload = "auto";
const ahead = new Audio();
ahead.preload = "metadata";
ahead.muted = true;

/** Until a storage does not send what it should have sent by itself. */
let isDirect = true;

const streamUrl = (track: PlayedTrack): string =>
  `${backline.streamUrl(track.id)}${isDirect ? "" : `?${THROUGH_SERVER}`}`;

const hls = createHlsAttaching(
  { streamUrl, hlsUrl: ({ id }, wish) => backline.hlsUrl(id, wish) },
  later,
);

async function isSignedIn(): Promise<boolean> {
  try {
    await backline.api.auth.me.query();
    return true;
  } catch (error) {
    if (isSignedOut(error)) return false;
    throw error;
  }
}

export function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

/** The one player of this tab. */
export const player = createPlayer(
  {
    sound,
    spare,
    streamUrl,
    attach: hls.attach,
    prepare: hls.prepare,
    diagnose: (track) => diagnose({ fetch: backline.fetch, isSignedIn }, streamUrl(track)),
    later,
    now: Date.now,
    preload(track) {
      if (track && !hls.isWanted()) ahead.src = streamUrl(track);
      else ahead.removeAttribute("src");
    },
    isOnline: () => navigator.onLine,
    noteSkipped: (track, reason) =>
      // One message for many skips: the newest is what matters.
      sayOnce("skipped", playback.skipped(track.title), reason),
    noteBlocked: () => sayOnce("blocked", playback.blockedTitle, playback.blocked),
    noteSignedOut: () => endSession(),
    noteElsewhere: () => {
      isDirect = false;
    },
    savePreferences: playerPreferences.set,
    saveModes: playerModes.set,
    random: Math.random,
  },
  playerPreferences.get(),
  playerModes.get(),
);

window.addEventListener("online", player.wake);
startMediaSession(player, (track) => backline.coverUrl(track, "large"));
startTabs(player);
playerInTab.set(player);
