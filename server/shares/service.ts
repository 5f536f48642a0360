import type { AuditAction } from "#contract/audit.ts";
import type { BandId, ShareId, UserId } from "#contract/ids.ts";
import {
  type CreateShare,
  type ListShares,
  type Share,
  type SharedLink,
  type SharePage,
  sharePath,
  type UpdateShare,
} from "#contract/shares.ts";
import { noteEvent } from "#server/audit/service.ts";
import { createToken, hashToken } from "#server/auth/crypto.ts";
import { hashNewPassword } from "#server/auth/password.ts";
import { requireMember, requireRole } from "#server/bands/service.ts";
import { type Actor, type Device, notTheirs } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { getTrack } from "#server/library/service.ts";
import { requirePlaylist } from "#server/playlists/service.ts";
import { requireRehearsal } from "#server/rehearsals/service.ts";
import * as store from "./store.ts";
import { shareTopic } from "./topics.ts";

type SharesDeps = Pick<Deps, "db" | "events" | "now">;

/**
 * A link to a recording, a playlist or a rehearsal for whoever has it. It is in the answer and never told again.
 *
 * @throws AppError `not_found`, `forbidden`; `invalid_input` for an end that is past; `busy`.
 */
export async function createShare(
  deps: SharesDeps,
  actor: Actor,
  { terms, password, ...target }: CreateShare,
  device: Device,
): Promise<SharedLink> {
  const bandId = await findBand(deps, actor, target);
  await requireMember(deps, actor, bandId, "editor");
  const passwordHash = password === null ? null : await hashNewPassword(password);
  const token = createToken();
  const id = createId<ShareId>(deps.now());
  const owned = { ...target, id, bandId, createdBy: actor.userId };
  await write(deps, async (tx) => {
    const row = { ...owned, terms, passwordHash, tokenHash: hashToken(token) };
    if (!(await store.insertShare(tx, row))) throw endsTooEarly();
    await note(deps, tx, { action: "share.created", actor, bandId, device });
  });
  return { share: await getShare(deps, actor, id), path: sharePath(token) };
}

/** The band's links, also those that are over. @throws AppError `not_found`, `forbidden` */
export async function listShares(
  deps: Pick<Deps, "db">,
  actor: Actor,
  { bandId, before, limit, ...of }: ListShares,
): Promise<SharePage> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const rows = await store.listShares(deps.db, member.bandId, {
    ...of,
    before,
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  return {
    shares: page.map(toShare),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}

/**
 * Other terms for a link that stays the same. With another password whoever has opened it is asked
 * for that, and what they hear ends.
 *
 * @throws AppError `not_found`, `forbidden`; `invalid_input` for an end that is past; `busy`.
 */
export async function updateShare(
  deps: SharesDeps,
  actor: Actor,
  { shareId, terms, password }: UpdateShare,
  device: Device,
): Promise<Share> {
  const { bandId } = await requireShare(deps, actor, shareId);
  const passwordHash = password ? await hashNewPassword(password) : password;
  await write(deps, async (tx) => {
    if (!(await store.saveTerms(tx, shareId, terms, passwordHash))) throw endsTooEarly();
    if (typeof passwordHash === "string") await store.deleteGuests(tx, shareId);
    await deps.events.publish(tx, shareTopic(shareId));
    await note(deps, tx, { action: "share.changed", actor, bandId, device });
  });
  return getShare(deps, actor, shareId);
}

/** Another link with the same terms: the one of before leads nowhere from now on. */
export async function renewShareLink(
  deps: SharesDeps,
  actor: Actor,
  shareId: ShareId,
  device: Device,
): Promise<SharedLink> {
  const { bandId } = await requireShare(deps, actor, shareId);
  const token = createToken();
  await write(deps, async (tx) => {
    await store.saveToken(tx, shareId, hashToken(token));
    await store.deleteGuests(tx, shareId);
    await deps.events.publish(tx, shareTopic(shareId));
    await note(deps, tx, { action: "share.link_renewed", actor, bandId, device });
  });
  return { share: await getShare(deps, actor, shareId), path: sharePath(token) };
}

/** From now on the link leads nowhere, and what its guests hear ends. */
export async function removeShare(
  deps: SharesDeps,
  actor: Actor,
  shareId: ShareId,
  device: Device,
): Promise<void> {
  const { bandId } = await requireShare(deps, actor, shareId);
  await write(deps, async (tx) => {
    if (!(await store.deleteShare(tx, shareId))) return;
    await deps.events.publish(tx, shareTopic(shareId));
    await note(deps, tx, { action: "share.removed", actor, bandId, device });
  });
}

/** Ends every link that somebody has made, with what is heard through them. */
export async function removeSharesOf(
  deps: Pick<Deps, "events">,
  tx: Tx,
  userId: UserId,
): Promise<void> {
  for (const { id } of await store.deleteSharesOf(tx, userId)) {
    await deps.events.publish(tx, shareTopic(id));
  }
}

/** Links of somebody's that work now, by band. */
export const countSharesOf = store.countSharesOf;

/** Whose it is that shall be shared. @throws AppError `not_found` for what is not the actor's. */
async function findBand(
  deps: Pick<Deps, "db">,
  actor: Actor,
  { trackId, playlistId, rehearsalId }: Omit<CreateShare, "terms" | "password">,
): Promise<BandId> {
  if (trackId) return (await getTrack(deps, actor, trackId)).bandId;
  if (playlistId) {
    return (await requirePlaylist(deps, actor, playlistId, "listener")).playlist.bandId;
  }
  if (!rehearsalId) throw new AppError("invalid_input", "Say what shall be shared.");
  return (await requireRehearsal(deps, actor, rehearsalId, "listener")).rehearsal.bandId;
}

async function getShare(deps: Pick<Deps, "db">, actor: Actor, shareId: ShareId): Promise<Share> {
  const found = await store.findShare(deps.db, actor, shareId);
  if (!found) throw notTheirs(actor, NO_SUCH_SHARE);
  return toShare(found.share);
}

async function requireShare(
  deps: Pick<Deps, "db">,
  actor: Actor,
  shareId: ShareId,
): Promise<store.ShareRow> {
  const found = await store.findShare(deps.db, actor, shareId);
  return requireRole(actor, found, "editor", {
    none: NO_SUCH_SHARE,
    refused:
      "Only editors and owners of this band share its recordings. Nothing was changed; ask an owner of the band.",
  }).share;
}

interface Noted {
  readonly action: AuditAction;
  readonly actor: Actor;
  readonly bandId: Share["bandId"];
  readonly device: Device;
}

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  { action, actor: { userId }, bandId, device }: Noted,
): Promise<void> =>
  noteEvent(deps, tx, { action, actorId: userId, subjectId: userId, bandId, device });

const toShare = ({
  expiresAt,
  playLimit,
  canDownload,
  canComment,
  ...row
}: store.ShareRow): Share => ({
  ...row,
  terms: { expiresAt: expiresAt?.toISOString() ?? null, playLimit, canDownload, canComment },
  lastPlayedAt: row.lastPlayedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});

const NO_SUCH_SHARE =
  "There is no such link any more, or it belongs to a band that you are not in.";

const endsTooEarly = (): AppError =>
  new AppError(
    "invalid_input",
    "The link would be over already. Nothing was changed; choose a later end.",
  );
