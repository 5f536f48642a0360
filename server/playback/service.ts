import { posix } from "node:path";
import type { Readable } from "node:stream";
import type { Actor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import {
  type Conditions,
  checkConditions,
  honoursRange,
  type Validators,
} from "#server/base/preconditions.ts";
import {
  type HealthDeps,
  noteStorageFailure,
  noteStorageSuccess,
} from "#server/connections/health.ts";
import { untilPaused } from "#server/connections/pause.ts";
import {
  type AttachedConnection,
  openConnection,
  requireUsable,
  type StorageDeps,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { noteTrackChanged } from "#server/library/service.ts";
import { noSuchTrack } from "#server/library/track-rows.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { hasChanged, isMissing, keepsChanging } from "./failures.ts";
import { mediaTypeOf } from "./media-type.ts";
import { createBody, type Onward } from "./onward.ts";
import { createOpening, type Opening } from "./opening.ts";
import { OutsideOfFile, parseRange } from "./range.ts";
import type * as store from "./store.ts";
import { type FileFacts, factsAfter, isSameVersion, look, toEtag } from "./versions.ts";

export type PlaybackDeps = StorageDeps & HealthDeps & Pick<Deps, "log" | "rangeCache">;

/** What a listener asks for, out of the request's headers. */
export interface TrackRequest extends Conditions {
  readonly range?: string | undefined;
  /** False for HEAD: everything but the bytes. */
  readonly wantsBytes: boolean;
}

/** A track or a part of it, described; the route makes a response of it. */
export interface TrackPart extends Validators {
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** `null`: the whole file. */
  readonly range: ByteRange | null;
  /** `null`: the listener has this version already. */
  readonly content: { readonly body: Readable | null; readonly onward?: Onward } | null;
}

type Track = store.Playable["track"];

/** @throws AppError `not_found` for a recording of nobody's or of a band that the actor is not in. */
export function requirePlayable(actor: Actor, found: store.Playable | undefined): store.Playable {
  if (!found) throw noSuchTrack(actor);
  return found;
}

/**
 * Opens a track for one listener.
 *
 * The file may be another one than the last scan saw. The storage's own answer decides: when its
 * size or validator differs, the request is judged anew by what is there now, so that type, length,
 * validator and bytes of a response always belong to one version.
 *
 * @param signal - abort it when the listener is gone: the storage is freed at once.
 * @throws AppError `not_found` for a missing one, `precondition_failed`, `range_not_satisfiable`, or
 *   the storage's.
 */
export async function openTrack(
  deps: PlaybackDeps,
  found: store.Playable,
  request: TrackRequest,
  signal: AbortSignal,
): Promise<TrackPart> {
  const { track } = found;
  if (track.state === "missing") throw isMissing(nameOf(track), track);
  const answer = judgeKnown(track, request);
  if (answer?.content === null) return answer;
  if (answer && !request.wantsBytes) {
    requireUsable(found.connection);
    return answer;
  }

  const until = untilPaused(deps, found.connection.id, signal);
  return openPart(deps, attachTrack(deps, found, until), { answer, request, until });
}

/** A track with its storage, which is opened as often as its listener asks. */
export interface AttachedTrack {
  readonly found: store.Playable;
  readonly connection: AttachedConnection;
}

/** @param until - ends everything that the storage does. */
export const attachTrack = (
  deps: PlaybackDeps,
  found: store.Playable,
  until: AbortSignal,
): AttachedTrack => ({ found, connection: openConnection(deps, found.connection, until) });

/**
 * The same as `openTrack`, once more for a listener whose storage is attached.
 *
 * @param until - of this part alone; the signal that the storage ends by ends it as well.
 */
export const openAgain = (
  deps: PlaybackDeps,
  attached: AttachedTrack,
  request: TrackRequest,
  until: AbortSignal,
): Promise<TrackPart> =>
  openPart(deps, attached, { answer: judgeKnown(attached.found.track, request), request, until });

async function openPart(
  deps: PlaybackDeps,
  { found, connection }: AttachedTrack,
  { until, ...asked }: Wish,
): Promise<TrackPart> {
  const opening = createOpening(deps, found, connection.storage, until);
  try {
    const part = await findPart(deps, connection, { ...asked, track: found.track, opening });
    if (connection.health !== "active" && opening.hasAsked()) {
      await noteStorageSuccess(deps, connection);
    }
    return part;
  } catch (error) {
    if (!until.aborted) await noteStorageFailure(deps, connection, error);
    throw error;
  }
}

interface Wish extends Pick<Asked, "answer" | "request"> {
  readonly until: AbortSignal;
}

interface Asked {
  readonly track: Track;
  /** By what the last scan saw; `undefined` when that has no byte of the range. */
  readonly answer: TrackPart | undefined;
  readonly request: TrackRequest;
  readonly opening: Opening;
}

async function findPart(
  deps: PlaybackDeps,
  { storage }: AttachedConnection,
  asked: Asked,
): Promise<TrackPart> {
  const { track, request, opening } = asked;
  let facts = await firstFacts(deps, storage, asked);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const answer = (facts === track && asked.answer) || judge(track, facts, request);
    if (answer.content === null || facts.sizeBytes === 0) return answer;
    const opened = await orShorter(opening.open(facts, answer.range ?? wholeOf(facts)));
    if (opened && isSameVersion(facts, opened)) {
      const onward = { facts, opened };
      return { ...answer, content: { body: createBody(onward, opening), onward } };
    }
    opened?.body.destroy();
    facts = await factsAfter(storage, track, facts, opened);
    await noteTrackChanged(deps, track.id, facts);
  }
  throw keepsChanging();
}

/** What was too short at the last scan may have been on its way into the storage then. */
async function firstFacts(
  deps: PlaybackDeps,
  storage: Storage,
  { track, answer }: Asked,
): Promise<FileFacts> {
  if (answer && track.sizeBytes > 0) return track;
  const now = await look(storage, track);
  if (isSameVersion(track, now)) return track;
  await noteTrackChanged(deps, track.id, now);
  return now;
}

const wholeOf = ({ sizeBytes }: FileFacts): ByteRange => ({ start: 0, end: sizeBytes - 1 });

/** `undefined` when the file has become too short for the range. */
async function orShorter(opening: Promise<OpenedRange>): Promise<OpenedRange | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof AppError && error.code === "range_not_satisfiable") return undefined;
    throw error;
  }
}

function judgeKnown(track: Track, request: TrackRequest): TrackPart | undefined {
  try {
    return judge(track, track, request);
  } catch (error) {
    if (error instanceof OutsideOfFile) return undefined;
    throw error;
  }
}

/** What this request gets of this version of the file, before any byte is asked for. */
function judge(track: Track, facts: FileFacts, request: TrackRequest): TrackPart {
  const validators = { etag: toEtag(facts), modifiedAt: facts.modifiedAt };
  const name = nameOf(track);
  const part = {
    ...validators,
    name,
    contentType: mediaTypeOf(name),
    sizeBytes: facts.sizeBytes,
  };
  switch (checkConditions(request, validators)) {
    case "precondition_failed":
      throw hasChanged();
    case "not_modified":
      return { ...part, range: null, content: null };
    case "send": {
      const isPartial = request.wantsBytes && honoursRange(request.ifRange, validators);
      const range = isPartial ? parseRange(request.range, facts.sizeBytes) : null;
      return { ...part, range, content: { body: null } };
    }
  }
}

const nameOf = ({ path }: Track): string => posix.basename(path);
