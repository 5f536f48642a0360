import { notifications } from "@mantine/notifications";
import type { BandId } from "#contract/ids.ts";
import type { Upload } from "#contract/uploads.ts";
import { backline, queryClient } from "../api.ts";
import { endSession, isSignedOut, onSessionEnd } from "../auth/session.ts";
import { createStore } from "../playback/store.ts";
import { expectScan } from "../storage/connections.ts";
import { upload as words } from "../words/upload.ts";
import { browserMeans } from "./browser-means.ts";
import { sortOut } from "./files.ts";
import { createQueue, isUnderWay, type Sending } from "./queue.ts";
import { isLost } from "./sentences.ts";
import { isFileOf, refreshUploads, unfinishedOf, uploadsQuery } from "./unfinished.ts";

/** The uploads of this tab. No render owns them, so that they go on whatever is on the screen. */
export const queue = createQueue({
  uploadFile: (order) => backline.uploadFile({ ...order, ...browserMeans }),
  discardUpload: backline.discardUpload,
  now: () => performance.now(),
  isLost,
  noteChange,
});

export const isPanelOpen = createStore(false);

/** Names of files that were chosen and are no audio. */
export const leftOut = createStore<readonly string[]>([]);

/** For screen readers: what has just begun. */
export const announcement = createStore("");

/** Sends what is audio among them; one that was begun before goes on where it stopped. */
export async function uploadFiles(bandId: BandId, files: readonly File[]): Promise<void> {
  const chosen = sortOut(files);
  leftOut.set(chosen.leftOut);
  isPanelOpen.set(true);
  if (chosen.recordings.length === 0) return;
  announcement.set(words.begun(chosen.recordings.length));
  const waiting = new Set(await findUnfinished(bandId));
  for (const file of chosen.recordings) {
    const begun = [...waiting].find((each) => isFileOf(each, file));
    if (begun) waiting.delete(begun);
    queue.add(bandId, file, begun?.id);
  }
}

async function findUnfinished(bandId: BandId): Promise<readonly Upload[]> {
  try {
    const uploads = await queryClient.fetchQuery({ ...uploadsQuery(bandId), staleTime: 0 });
    return unfinishedOf(uploads, queue.state.get());
  } catch {
    // Without an answer each begins anew, as soon as there is one.
    return [];
  }
}

const ended = { done: 0, failed: 0 };

function noteChange(sending: Sending): void {
  const { bandId, state, error } = sending;
  void refreshUploads(bandId);
  if (isSignedOut(error)) endSession();
  else if (state === "done" || state === "failed") noteEnd(bandId, state);
}

function noteEnd(bandId: BandId, state: keyof typeof ended): void {
  ended[state] += 1;
  if (state === "done") expectScan(bandId);
  if (!queue.state.get().some(isUnderWay)) sayOver();
}

/** Once for all that were chosen together. */
function sayOver(): void {
  const { done, failed } = ended;
  Object.assign(ended, { done: 0, failed: 0 });
  notifications.show({
    id: "uploads",
    title: failed > 0 ? words.someFailed(failed) : words.allDone(done),
    message: failed > 0 ? words.seeList : words.soon,
  });
}

const askBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();

// Only while it is needed: a page that listens for it is not kept by browsers for going back.
queue.state.subscribe(() => {
  if (queue.state.get().some(isUnderWay)) window.addEventListener("beforeunload", askBeforeLeaving);
  else window.removeEventListener("beforeunload", askBeforeLeaving);
});

onSessionEnd(() => {
  queue.clear();
  leftOut.set([]);
  isPanelOpen.set(false);
});
