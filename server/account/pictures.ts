import { createHash } from "node:crypto";
import type { UserId } from "#contract/ids.ts";
import type { PictureSize } from "#contract/pictures.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import {
  drawThumbnails,
  sniffPicture,
  type Thumbnails,
  TooManyPixels,
} from "#server/base/picture.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./picture-store.ts";

/** Drawing one takes the same turn as the covers of all scans. */
const PICTURES_AN_HOUR = 30;
const HOUR_MS = 3_600_000;

const LARGE = { pixels: 512, shape: "square" } as const;

/**
 * Takes somebody's picture and draws it anew: nothing of the file is kept but its pixels.
 *
 * @param picture - base64.
 * @throws AppError `unsupported_media_type` for what is no picture by its bytes; `payload_too_large`
 *   for one of too many pixels; `invalid_input` for a broken one; `rate_limited`.
 */
export async function setPicture(
  deps: Pick<Deps, "counters" | "db" | "now">,
  actor: Actor,
  picture: string,
  device: Device,
): Promise<void> {
  const { hits, msLeft } = await deps.counters.count(`picture ${actor.userId}`, HOUR_MS);
  if (hits > PICTURES_AN_HOUR) throw tooOften(msLeft);
  const drawn = await draw(Buffer.from(picture, "base64"));
  const hash = createHash("sha256").update(drawn.large).digest("base64url");
  await write(deps, async (tx) => {
    await store.savePicture(tx, actor.userId, { hash, ...drawn });
    await note(deps, tx, actor, device);
  });
}

/** Whoever has none keeps none. */
export const removePicture = (
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    if (await store.removePicture(tx, actor.userId)) await note(deps, tx, actor, device);
  });

/**
 * For oneself, and for whoever one shares a band with. For everybody else it is as if there were none.
 *
 * @throws AppError `not_found`
 */
export async function openPicture(
  deps: Pick<Deps, "db">,
  actor: Actor,
  userId: UserId,
  size: PictureSize,
): Promise<{ readonly hash: string; readonly bytes: Buffer }> {
  const found = await store.findPicture(deps.db, actor, userId, size);
  if (found) return found;
  throw new AppError("not_found", "There is no such picture.");
}

async function draw(bytes: Buffer): Promise<Thumbnails> {
  if (sniffPicture(bytes) === undefined) {
    throw new AppError(
      "unsupported_media_type",
      "This is no picture that can be shown here. Choose a JPEG, PNG, WebP, GIF, AVIF or BMP; nothing was changed.",
    );
  }
  try {
    return await drawThumbnails(bytes, LARGE);
  } catch (cause) {
    if (cause instanceof TooManyPixels) {
      throw new AppError(
        "payload_too_large",
        "The picture has more than 40 million pixels. Make it smaller and try again; nothing was changed.",
        { cause },
      );
    }
    throw new AppError(
      "invalid_input",
      "The picture is broken, or a part of it is missing. Choose another one; nothing was changed.",
      { cause },
    );
  }
}

const note = (deps: Pick<Deps, "now">, tx: Tx, actor: Actor, device: Device): Promise<void> =>
  noteEvent(deps, tx, {
    action: "account.profile_changed",
    actorId: actor.userId,
    subjectId: actor.userId,
    device,
  });

function tooOften(msLeft: number): AppError {
  const minutes = Math.ceil(msLeft / 60_000);
  return new AppError(
    "rate_limited",
    `The picture was changed too often. It stays as it is; wait ${minutes} minutes and try again.`,
    { retryAfterSeconds: Math.ceil(msLeft / 1000) },
  );
}
