import type { BandId, UploadId } from "#contract/ids.ts";
import type { Backline, UploadOrder } from "#sdk/index.ts";
import { createStore, type Store } from "../playback/store.ts";
import { dayOf } from "./day.ts";
import { createSpeedometer } from "./speed.ts";

/** More at once would not be sooner, and a browser has six connections for everything. */
const AT_ONCE = 2;

/** A bar needs no more, and each is drawn. */
const SHOW_EVERY_MS = 200;

/**
 * - `queued`: others are sent before it.
 * - `sending`; `held_up`: it goes on by itself, when whatever `error` says is over.
 * - `finishing`: all of it was sent, and the storage puts it in its place.
 * - `paused`, `failed`: somebody has to say that it goes on.
 * - `done`: it lies in the storage.
 */
export type SendingState =
  | "queued"
  | "sending"
  | "held_up"
  | "finishing"
  | "paused"
  | "failed"
  | "done";

/** A file on its way from this tab. */
export interface Sending {
  /** Of this tab alone. */
  readonly key: string;
  readonly bandId: BandId;
  /** `null` until the server knows of it. */
  readonly uploadId: UploadId | null;
  readonly file: File;
  readonly sentBytes: number;
  readonly bytesPerSecond: number | null;
  readonly state: SendingState;
  /** What was thrown when it failed, or holds it up. */
  readonly error: unknown;
}

export interface Queue {
  readonly state: Pick<Store<readonly Sending[]>, "get" | "subscribe">;
  /** @param uploadId - of one that was begun before and waits for this very file. */
  add(bandId: BandId, file: File, uploadId?: UploadId): void;
  pause(key: string): void;
  /** One that was paused or failed goes on where it stopped. */
  resume(key: string): void;
  /** Takes it off the list; what has arrived of one that is not done is deleted. */
  remove(key: string): void;
  removeDone(): void;
  /** Whoever was signed in is not any more. What has arrived waits for them. */
  clear(): void;
}

export interface QueueWorld extends Pick<Backline, "uploadFile" | "discardUpload"> {
  now(): number;
  /** The server would not know it by its id any more. */
  isLost(error: unknown): boolean;
  /** The server knows of another one, or one ended. */
  noteChange(sending: Sending): void;
}

export const isActive = ({ state }: Sending): boolean =>
  state === "sending" || state === "held_up" || state === "finishing";

/** Leaving the page would stop it. */
export const isUnderWay = (sending: Sending): boolean =>
  isActive(sending) || sending.state === "queued";

export function createQueue(world: QueueWorld): Queue {
  const store = createStore<readonly Sending[]>([]);
  const running = new Map<string, AbortController>();
  let count = 0;

  const find = (key: string) => store.get().find((each) => each.key === key);

  function change(key: string, news: Partial<Sending>): void {
    store.set(store.get().map((each) => (each.key === key ? { ...each, ...news } : each)));
  }

  function startNext(): void {
    while (running.size < AT_ONCE) {
      const next = store.get().find(({ state, key }) => state === "queued" && !running.has(key));
      if (!next) return;
      void run(next);
    }
  }

  async function run({ key, bandId, file, uploadId, sentBytes }: Sending): Promise<void> {
    const controller = new AbortController();
    running.set(key, controller);
    const isCurrent = () => running.get(key) === controller;
    change(key, { state: "sending", error: null, bytesPerSecond: null });
    try {
      await world.uploadFile({
        ...{ bandId, file, name: file.name, day: dayOf(new Date(file.lastModified)) },
        ...(uploadId ? { uploadId } : {}),
        signal: controller.signal,
        ...watch(key, file, sentBytes, isCurrent),
      });
      if (isCurrent()) end(key, { state: "done", sentBytes: file.size });
    } catch (error) {
      if (!isCurrent()) return;
      end(key, { state: "failed", error, ...(world.isLost(error) ? { uploadId: null } : {}) });
    }
  }

  function watch(
    key: string,
    file: File,
    sentBytes: number,
    isCurrent: () => boolean,
  ): Pick<UploadOrder, "onBegun" | "onProgress" | "onPause"> {
    const speed = createSpeedometer(world.now);
    let shownMs = 0;
    let shownBytes = sentBytes;
    return {
      onBegun(uploadId) {
        if (!isCurrent()) return;
        change(key, { uploadId });
        note(key);
      },
      onProgress(bytes) {
        if (!isCurrent()) return;
        speed.note(bytes);
        const isWorth = bytes === file.size || world.now() - shownMs >= SHOW_EVERY_MS;
        if (!isWorth && bytes >= shownBytes && find(key)?.state === "sending") return;
        [shownMs, shownBytes] = [world.now(), bytes];
        const state = bytes === file.size ? "finishing" : "sending";
        change(key, { state, sentBytes: bytes, bytesPerSecond: speed.read(), error: null });
      },
      onPause(error) {
        if (isCurrent()) change(key, { state: "held_up", error, bytesPerSecond: null });
      },
    };
  }

  function note(key: string): void {
    const sending = find(key);
    if (sending) world.noteChange(sending);
  }

  function end(key: string, news: Partial<Sending>): void {
    running.delete(key);
    change(key, { bytesPerSecond: null, ...news });
    note(key);
    startNext();
  }

  function stop(key: string): void {
    const controller = running.get(key);
    running.delete(key);
    controller?.abort();
  }

  return {
    state: store,
    add(bandId, file, uploadId) {
      if (!uploadId && store.get().some((each) => isSame(each, bandId, file))) return;
      count += 1;
      const sending: Sending = {
        ...{ key: String(count), bandId, file, uploadId: uploadId ?? null, state: "queued" },
        ...{ sentBytes: 0, bytesPerSecond: null, error: null },
      };
      store.set([...store.get(), sending]);
      startNext();
    },
    pause(key) {
      stop(key);
      change(key, { state: "paused", bytesPerSecond: null, error: null });
      startNext();
    },
    resume(key) {
      change(key, { state: "queued", error: null });
      startNext();
    },
    remove(key) {
      const sending = find(key);
      stop(key);
      store.set(store.get().filter((each) => each.key !== key));
      if (sending?.uploadId && sending.state !== "done") {
        void world
          .discardUpload(sending.uploadId)
          // It is given up by itself after a while.
          .catch(() => {})
          .then(() => world.noteChange(sending));
      }
      startNext();
    },
    removeDone() {
      store.set(store.get().filter(({ state }) => state !== "done"));
    },
    clear() {
      for (const key of [...running.keys()]) stop(key);
      store.set([]);
    },
  };
}

/** The same file was chosen twice, and the first one is not through yet. */
const isSame = ({ bandId, file, state }: Sending, band: BandId, other: File): boolean =>
  state !== "done" &&
  bandId === band &&
  file.name === other.name &&
  file.size === other.size &&
  file.lastModified === other.lastModified;
