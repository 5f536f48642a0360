import { backline } from "../api.ts";
import { createPreference } from "../settings/preferences.ts";
import {
  type Attaching,
  type AttachingIo,
  createAttaching,
  type HlsMeans,
  type HlsPlayer,
  QUALITIES,
  type Quality,
} from "./attaching.ts";

const NATIVE = "application/vnd.apple.mpegurl";
const OPUS = 'audio/mp4; codecs="opus"';
/** Ahead of what is heard: what somebody skips was made for nobody. */
const AHEAD_SECONDS = 40;
const BEHIND_SECONDS = 60;

/** What does not come soon is not waited for: the file itself may. */
const PATIENCE = {
  maxTimeToFirstByteMs: 15_000,
  maxLoadTimeMs: 60_000,
  timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2_000 },
};

/** As it is, unless somebody chooses otherwise in this browser. */
export const quality = createPreference<Quality>("quality", "original", (stored) =>
  QUALITIES.find((each) => each === stored),
);

export const createHlsAttaching = (
  urls: Pick<AttachingIo, "streamUrl" | "hlsUrl">,
  later: AttachingIo["later"],
): Attaching => {
  const attaching = createAttaching({ ...urls, quality: quality.get, findMeans, later });
  quality.subscribe(attaching.forget);
  return attaching;
};

/** An iPhone has something else in place of `MediaSource`. */
const playsOpus = (): boolean => "MediaSource" in window && MediaSource.isTypeSupported(OPUS);

async function findMeans(): Promise<HlsMeans | null> {
  const { hls } = await backline.api.system.info.query();
  if (!hls) return null;
  // Only who wants it loads it.
  const { default: Hls } = await import("hls.js/light");
  if (Hls.isSupported()) {
    return {
      codec: playsOpus() ? "opus" : "aac",
      create(atSeconds): HlsPlayer {
        const hls = new Hls({
          startPosition: atSeconds,
          maxBufferLength: AHEAD_SECONDS,
          backBufferLength: BEHIND_SECONDS,
          fragLoadPolicy: { default: PATIENCE },
          // It would be run from an address that our policy does not allow.
          enableWorker: false,
        });
        return {
          attachMedia: (media) => hls.attachMedia(media),
          loadSource: (url) => hls.loadSource(url),
          startLoad: () => hls.startLoad(),
          destroy: () => hls.destroy(),
          on: (event, run) => hls.on(Hls.Events.ERROR, (_event, failure) => run(event, failure)),
        };
      },
    };
  }
  return new Audio().canPlayType(NATIVE) === "" ? null : { codec: "aac", create: null };
}
