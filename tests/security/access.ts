import type { BandRole } from "#contract/bands.ts";
import { isAtLeast } from "#contract/bands.ts";
import { PASSWORD } from "#tests/auth/people.ts";
import type { Objects, Principal } from "./night-shift.ts";

/**
 * Whom a procedure or route is for: anyone, whoever is signed in, administrators, or the members of
 * the band that the request is about, from this role on.
 */
export type Needs = "anyone" | "user" | "admin" | BandRole;

export interface Access {
  readonly needs: Needs;
  /** A request that is right. Nothing is sent when left out. */
  readonly input?: (objects: Objects) => Record<string, unknown>;
  /** What a right request is answered with, when not 200. */
  readonly status?: number;
  /** The same for the guest of a public link, who gets what others do not. */
  readonly asGuest?: number;
  /** It is gone then: the next who may finds nothing. */
  readonly takesAway?: boolean;
}

/** What is signed for no challenge of ours. */
const strayPasskey = {
  ...{ id: "AAAA", rawId: "AAAA", type: "public-key" },
  response: { clientDataJSON: "AAAA", authenticatorData: "AAAA", signature: "AAAA" },
};
const strayAttestation = {
  ...strayPasskey,
  response: { clientDataJSON: "AAAA", attestationObject: "AAAA" },
};
/** A PNG of one pixel. */
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const bandOnly = ({ bandId }: Objects) => ({ bandId });
const connectionOnly = ({ connectionId }: Objects) => ({ connectionId });
const userOfNobody = ({ connectionId }: Objects) => ({ userId: connectionId });
const loginOfNobody = ({ connectionId }: Objects) => ({ loginId: connectionId });
const shareOnly = ({ shareId }: Objects) => ({ shareId });
const playlistOnly = ({ playlistId }: Objects) => ({ playlistId });
const itemsOf = ({ playlistId, itemId }: Objects) => ({ playlistId, itemIds: [itemId] });
const rehearsalOnly = ({ rehearsalId }: Objects) => ({ rehearsalId });
const takesOf = ({ rehearsalId, trackId }: Objects) => ({ rehearsalId, trackIds: [trackId] });
const commentOnly = ({ commentId }: Objects) => ({ commentId });
const TERMS = { expiresAt: null, playLimit: null, canDownload: false };
const trackOnly = ({ trackId }: Objects) => ({ trackId });

/**
 * Every procedure of the server. In this order they are all possible, one after the other: what
 * takes something away comes last.
 */
export const access: Readonly<Record<string, Access>> = {
  "system.info": { needs: "anyone" },
  "system.notices": { needs: "admin" },
  "auth.csrf": { needs: "anyone" },
  "auth.me": { needs: "user" },
  // The server has its users; whoever asks, there is nothing left to set up.
  "auth.setup": {
    needs: "anyone",
    status: 404,
    input: () => ({
      setupToken: "no such token",
      email: "canary-mallory@band.example",
      name: "Mallory",
      password: "eleven green bassoons",
    }),
  },
  "auth.signIn": {
    needs: "anyone",
    status: 401,
    input: () => ({ email: "canary-owner@band.example", password: "a guess", rememberMe: false }),
  },
  // No media server is trusted yet, and what is tried is none.
  "auth.signInJellyfin": {
    needs: "anyone",
    status: 404,
    input: () => ({ username: "canary-owner", password: "a guess", rememberMe: false }),
  },
  "account.jellyfin.get": { needs: "user" },
  "account.jellyfin.link": {
    needs: "user",
    status: 404,
    input: () => ({ username: "canary-owner", password: "a guess" }),
  },
  "account.jellyfin.unlink": { needs: "user", status: 404 },
  "admin.jellyfin.get": { needs: "admin" },
  "admin.jellyfin.set": {
    needs: "admin",
    status: 422,
    input: ({ form }) => ({ url: "url" in form ? form.url : "", newUsers: false }),
  },
  "admin.jellyfin.remove": { needs: "admin" },
  "admin.nextcloud.get": { needs: "admin" },
  "admin.nextcloud.set": {
    needs: "admin",
    status: 422,
    input: ({ form }) => ({
      url: "url" in form ? form.url : "",
      username: "canary-owner",
      password: "a guess",
    }),
  },
  "admin.nextcloud.remove": { needs: "admin" },
  "admin.nextcloud.accounts.list": { needs: "admin" },
  // There is no Nextcloud in which accounts could be made.
  "admin.nextcloud.accounts.create": {
    needs: "admin",
    status: 404,
    input: (at) => ({ ...userOfNobody(at), username: "ben", quotaBytes: null }),
  },
  "admin.nextcloud.accounts.setQuota": {
    needs: "admin",
    status: 404,
    input: (at) => ({ ...userOfNobody(at), quotaBytes: null }),
  },
  // Asks for no actor, but for the refresh token of a session that is alive.
  "auth.refresh": { needs: "user" },
  "auth.register": {
    needs: "anyone",
    status: 403,
    input: () => ({
      email: "canary-mallory@band.example",
      name: "Mallory",
      password: "eleven green bassoons",
      invitation: null,
    }),
  },
  "auth.resendVerification": { needs: "anyone", input: () => ({ email: "nobody@band.example" }) },
  "auth.requestPasswordReset": { needs: "anyone", input: () => ({ email: "nobody@band.example" }) },
  "auth.verifyEmail": { needs: "anyone", status: 404, input: () => ({ token: "no such token" }) },
  "auth.resetPassword": {
    needs: "anyone",
    status: 404,
    input: () => ({ token: "no such token", password: "eleven green bassoons" }),
  },
  "auth.reauthenticate": {
    needs: "user",
    input: () => ({ way: "password", password: PASSWORD }),
  },
  "auth.reauthenticationOptions": { needs: "user", status: 409 },
  "account.audit.list": { needs: "user", input: () => ({}) },
  "account.sessions.list": { needs: "user" },
  "account.sessions.revokeOthers": { needs: "user" },
  "account.sessions.revoke": {
    needs: "user",
    status: 404,
    input: ({ connectionId }) => ({ sessionId: connectionId }),
  },
  "account.changePassword": { needs: "user", input: () => ({ password: PASSWORD }) },
  "account.upgradeToCreator": { needs: "user" },
  "account.updateProfile": {
    needs: "user",
    input: () => ({ name: "Anybody", locale: "de-CH", timeZone: "Europe/Zurich" }),
  },
  "account.picture.set": { needs: "user", input: () => ({ picture: DOT }) },
  "account.picture.remove": { needs: "user" },
  "account.changeEmail": { needs: "user", input: () => ({ email: "nobody@band.example" }) },
  "auth.confirmEmailChange": {
    needs: "anyone",
    status: 404,
    input: () => ({ token: "no such token" }),
  },
  "auth.signInSecondFactor": {
    needs: "anyone",
    status: 401,
    input: () => ({ ticket: "no such ticket", code: "123456" }),
  },
  "auth.passkeyOptions": { needs: "anyone" },
  "auth.signInPasskey": {
    needs: "anyone",
    status: 401,
    input: () => ({ assertion: strayPasskey, rememberMe: false }),
  },
  "account.passkeys.list": { needs: "user" },
  "account.passkeys.begin": { needs: "user" },
  "account.passkeys.add": {
    needs: "user",
    status: 403,
    input: () => ({ name: "Phone", attestation: strayAttestation }),
  },
  "account.passkeys.rename": {
    needs: "user",
    status: 404,
    input: ({ connectionId }) => ({ id: connectionId, name: "Phone" }),
  },
  "account.passkeys.remove": {
    needs: "user",
    status: 404,
    input: ({ connectionId }) => ({ id: connectionId }),
  },
  "account.twoFactor.get": { needs: "user" },
  "account.twoFactor.begin": { needs: "user" },
  "account.twoFactor.confirm": { needs: "user", status: 403, input: () => ({ code: "wrong" }) },
  "account.twoFactor.renewBackupCodes": { needs: "user", status: 409 },
  "account.twoFactor.disable": { needs: "user" },
  "admin.users.list": { needs: "admin", input: () => ({}) },
  "admin.users.restore": { needs: "admin", status: 404, input: userOfNobody },
  "admin.users.suspend": { needs: "admin", status: 404, input: userOfNobody },
  "admin.users.endSessions": { needs: "admin", status: 404, input: userOfNobody },
  "admin.users.setRole": {
    needs: "admin",
    status: 404,
    input: ({ connectionId }) => ({ userId: connectionId, role: "user" }),
  },
  "admin.audit.list": { needs: "admin", input: () => ({}) },
  "admin.registration.set": { needs: "admin", input: () => ({ mode: "invite" }) },
  "admin.maintenance.get": { needs: "admin" },
  "admin.maintenance.set": { needs: "admin", input: () => ({ isOn: false, message: null }) },
  "admin.keys.list": { needs: "admin" },
  "admin.invitations.list": { needs: "admin" },
  "admin.invitations.create": { needs: "admin", input: () => ({ email: null }) },
  "admin.invitations.remove": {
    needs: "admin",
    status: 404,
    input: ({ connectionId }) => ({ id: connectionId }),
  },
  "bands.list": { needs: "user" },
  "connections.providers": { needs: "user" },
  "connections.list": { needs: "listener", input: bandOnly },
  "connections.create": { needs: "owner", input: ({ bandId, form }) => ({ bandId, form }) },
  // What is asked is no Nextcloud, so nothing is begun.
  "connections.beginNextcloudLogin": {
    needs: "owner",
    status: 422,
    input: ({ bandId, form }) => ({ bandId, url: "url" in form ? form.url : "" }),
  },
  "connections.pollNextcloudLogin": { needs: "user", status: 404, input: loginOfNobody },
  "connections.cancelNextcloudLogin": { needs: "user", status: 404, input: loginOfNobody },
  "connections.createDemo": { needs: "owner", input: bandOnly },
  // No client is set for it, on the server or by the band.
  "connections.beginOAuth": {
    needs: "owner",
    status: 409,
    input: ({ bandId }) => ({ bandId, provider: "google-drive" }),
  },
  "connections.oauthClient": {
    needs: "owner",
    input: ({ bandId }) => ({ bandId, provider: "google-drive" }),
  },
  "connections.saveOAuthClient": {
    needs: "owner",
    input: ({ bandId }) => ({ bandId, provider: "google-drive", client: null }),
  },
  "connections.browse": {
    needs: "owner",
    input: ({ connectionId }) => ({ connectionId, folder: null }),
  },
  "connections.suggestFolders": { needs: "owner", input: connectionOnly },
  "connections.setRoot": {
    needs: "owner",
    input: ({ connectionId }) => ({ connectionId, folder: "Live" }),
  },
  // No such storage gives addresses away.
  "connections.setDirect": {
    needs: "owner",
    status: 409,
    input: (at) => ({ ...connectionOnly(at), isOn: true }),
  },
  // Switched off, so that nothing goes that the next ones need.
  "connections.setDeleting": {
    needs: "owner",
    input: (at) => ({ ...connectionOnly(at), isOn: false }),
  },
  "connections.setPrimary": { needs: "owner", input: connectionOnly },
  "uploads.list": { needs: "editor", input: bandOnly },
  "uploads.target": { needs: "editor", input: bandOnly },
  "uploads.setPattern": {
    needs: "owner",
    input: ({ bandId }) => ({ bandId, pattern: "{band}/{year}" }),
  },
  "connections.removalPreview": { needs: "owner", input: connectionOnly },
  "connections.pause": { needs: "owner", input: connectionOnly },
  "connections.resume": { needs: "owner", input: connectionOnly },
  "connections.check": { needs: "listener", input: connectionOnly },
  "connections.savedForm": { needs: "owner", input: connectionOnly },
  "connections.reconnect": {
    needs: "owner",
    input: ({ connectionId, form }) => ({ connectionId, form }),
  },
  "connections.scan": { needs: "editor", input: connectionOnly },
  "connections.cancelScan": { needs: "editor", input: connectionOnly },
  "connections.scanProgress": { needs: "listener", input: connectionOnly },
  "library.tracks.list": { needs: "listener", input: bandOnly },
  "library.search": {
    needs: "listener",
    input: ({ bandId }) => ({ bandId, search: "take" }),
  },
  "library.albums.list": { needs: "listener", input: bandOnly },
  // No such one in the band; those that are there are in `tests/library/views.test.ts`.
  "library.albums.get": {
    needs: "listener",
    status: 404,
    input: ({ bandId }) => ({ bandId, albumId: bandId }),
  },
  "library.artists.list": { needs: "listener", input: bandOnly },
  "library.artists.get": {
    needs: "listener",
    status: 404,
    input: ({ bandId }) => ({ bandId, artistId: bandId }),
  },
  "library.genres.list": { needs: "listener", input: bandOnly },
  "library.genres.get": {
    needs: "listener",
    status: 404,
    input: ({ bandId }) => ({ bandId, genreId: bandId }),
  },
  "library.folders.list": {
    needs: "listener",
    input: ({ bandId, connectionId }) => ({ bandId, connectionId }),
  },
  "library.tracks.get": { needs: "listener", input: trackOnly },
  // Its storage does not allow it; what it does where it does is in `tests/library/deleting.test.ts`.
  "library.tracks.delete": { needs: "owner", status: 409, input: trackOnly },
  "library.edits.list": { needs: "listener", input: trackOnly },
  // Somebody else was faster; what is saved when nobody was is in `tests/library/edits.test.ts`.
  "library.edits.save": {
    needs: "editor",
    status: 409,
    input: ({ bandId, trackId, connectionId }) => ({
      bandId,
      tracks: [{ trackId, version: connectionId }],
      fields: { title: "Take one" },
    }),
  },
  "library.edits.restore": {
    needs: "editor",
    status: 409,
    input: ({ trackId, connectionId }) => ({ trackId, editId: null, version: connectionId }),
  },
  "library.tagWriting.get": { needs: "listener", input: bandOnly },
  "library.tagWriting.set": {
    needs: "owner",
    input: ({ bandId }) => ({ bandId, isOn: false }),
  },
  // Nobody has switched it on; what it does then is in `tests/library/tag-writing.test.ts`.
  "library.tagWriting.writeAll": { needs: "owner", status: 409, input: bandOnly },
  "library.edits.changed": { needs: "listener", input: bandOnly },
  "library.naming.get": { needs: "listener", input: bandOnly },
  "library.naming.preview": {
    needs: "listener",
    input: ({ bandId }) => ({ bandId, rule: { names: ["{title}"], folders: [] } }),
  },
  // Somebody else was faster; what it does otherwise is in `tests/library/naming.test.ts`.
  "library.naming.save": {
    needs: "owner",
    status: 409,
    input: ({ bandId }) => ({ bandId, rule: { names: [], folders: [] }, version: 999 }),
  },
  "library.comments.list": { needs: "listener", input: trackOnly },
  "library.comments.changed": { needs: "listener", input: trackOnly },
  "library.comments.create": {
    needs: "listener",
    input: ({ trackId }) => ({ trackId, atMs: 1000, text: "Too fast" }),
  },
  "library.comments.reply": {
    needs: "listener",
    input: (objects) => ({ ...commentOnly(objects), text: "I like it" }),
  },
  "library.comments.resolve": {
    needs: "listener",
    input: (objects) => ({ ...commentOnly(objects), isResolved: true }),
  },
  // An owner has written it; that others change only their own is in `tests/comments`.
  "library.comments.edit": {
    needs: "owner",
    input: (objects) => ({ ...commentOnly(objects), text: "Too slow" }),
  },
  "library.comments.remove": { needs: "owner", takesAway: true, input: commentOnly },
  "library.rehearsals.list": { needs: "listener", input: bandOnly },
  "library.rehearsals.get": { needs: "listener", input: rehearsalOnly },
  "library.rehearsals.suggest": { needs: "editor", input: bandOnly },
  "library.rehearsals.create": {
    needs: "editor",
    input: ({ bandId }) => ({ bandId, heldOn: "2026-03-21", title: "Next" }),
  },
  "library.rehearsals.update": {
    needs: "editor",
    input: (at) => ({ ...rehearsalOnly(at), heldOn: "2026-03-14", title: "Day", notes: "" }),
  },
  "library.rehearsals.fileTakes": { needs: "editor", input: takesOf },
  "library.rehearsals.removeTakes": { needs: "editor", input: takesOf },
  "library.rehearsals.remove": { needs: "editor", takesAway: true, input: rehearsalOnly },
  "playback.ticket": {
    needs: "listener",
    input: ({ trackId }) => ({ trackId, use: "stream" }),
  },
  "playback.plays.record": {
    needs: "listener",
    input: ({ trackId, connectionId }) => ({ trackId, playId: connectionId, heardMs: 900_000 }),
  },
  "playback.plays.recent": { needs: "listener", input: bandOnly },
  "playback.favourites.set": {
    needs: "listener",
    input: ({ trackId }) => ({ trackId, isFavourite: true }),
  },
  "playback.favourites.setMany": {
    needs: "listener",
    input: ({ bandId, trackId }) => ({ bandId, trackIds: [trackId], isFavourite: true }),
  },
  "playback.favourites.ids": { needs: "listener", input: bandOnly },
  "playback.favourites.list": { needs: "listener", input: bandOnly },
  "playback.queue.save": {
    needs: "listener",
    input: ({ bandId, trackId }) => ({ bandId, trackIds: [trackId], index: 0, positionMs: 1000 }),
  },
  "playback.queue.get": { needs: "listener", input: bandOnly },
  "playback.playlists.list": { needs: "listener", input: bandOnly },
  "playback.playlists.get": { needs: "listener", input: playlistOnly },
  "playback.playlists.items": { needs: "listener", input: playlistOnly },
  "playback.playlists.export": { needs: "listener", input: playlistOnly },
  "playback.playlists.create": {
    needs: "editor",
    input: ({ bandId, trackId }) => ({ bandId, name: "Set", trackIds: [trackId] }),
  },
  "playback.playlists.import": {
    needs: "editor",
    input: ({ bandId }) => ({ bandId, name: "Old set", text: "#EXTM3U\nLive/Take 1.mp3" }),
  },
  "playback.playlists.rename": {
    needs: "editor",
    input: ({ playlistId }) => ({ playlistId, name: "Another" }),
  },
  "playback.playlists.add": {
    needs: "editor",
    input: ({ playlistId, trackId }) => ({ playlistId, trackIds: [trackId] }),
  },
  "playback.playlists.moveItems": {
    needs: "editor",
    input: (at) => ({ ...itemsOf(at), after: null }),
  },
  "playback.playlists.removeItems": { needs: "editor", input: itemsOf },
  "playback.playlists.remove": { needs: "editor", takesAway: true, input: playlistOnly },
  "playback.shares.list": { needs: "editor", input: bandOnly },
  "playback.shares.create": {
    needs: "editor",
    input: ({ trackId }) => ({ trackId, terms: TERMS, password: null }),
  },
  // No such link; those that are right are in `tests/shares`.
  "playback.shares.open": {
    needs: "anyone",
    status: 404,
    input: () => ({ token: "A".repeat(43) }),
  },
  "playback.shares.beginListen": {
    needs: "anyone",
    status: 401,
    asGuest: 200,
    input: ({ shareId, trackId }) => ({ shareId, trackId }),
  },
  "playback.shares.comments": {
    needs: "anyone",
    status: 401,
    asGuest: 200,
    input: ({ shareId, trackId }) => ({ shareId, trackId }),
  },
  "playback.shares.comment": {
    needs: "anyone",
    status: 401,
    asGuest: 200,
    input: ({ shareId, trackId }) => ({ shareId, trackId, name: "Gus", atMs: 0, text: "Loud" }),
  },
  // The thread is a member's, which guests do not see; theirs are in `tests/shares/guest-comments.test.ts`.
  "playback.shares.reply": {
    needs: "anyone",
    status: 401,
    asGuest: 404,
    input: ({ shareId, trackId, commentId }) => ({
      ...{ shareId, trackId, commentId, name: "Gus", text: "Me too" },
    }),
  },
  "playback.shares.update": {
    needs: "editor",
    input: (at) => ({ ...shareOnly(at), terms: TERMS }),
  },
  "playback.shares.renewLink": { needs: "editor", input: shareOnly },
  "playback.shares.remove": { needs: "editor", takesAway: true, input: shareOnly },
  "auth.subscriptionTicket": {
    needs: "user",
    input: () => ({ path: "connections.scanProgress", input: "" }),
  },
  "connections.remove": { needs: "owner", input: connectionOnly },
  "account.exports.list": { needs: "user" },
  "account.exports.request": { needs: "user" },
  "account.exports.link": {
    needs: "user",
    status: 404,
    input: ({ connectionId }) => ({ exportId: connectionId }),
  },
  "account.deletion.preview": { needs: "user" },
  // Whoever types something else keeps the account; `tests/leaving/deletion.test.ts` deletes some.
  "account.delete": {
    needs: "user",
    status: 409,
    input: () => ({ bands: [], confirmation: "not what is asked for" }),
  },
  "auth.signOut": { needs: "anyone" },
};

/** Every raw route that answers with somebody's data. */
export const routeAccess: Readonly<Record<string, Access>> = {
  "/stream/:trackId": { needs: "listener", input: trackOnly },
  // It is off here; `tests/transcoding` has some.
  "/hls/:trackId/index.m3u8": { needs: "listener", status: 404, input: trackOnly },
  "/hls/:trackId/:version/:kind/:name": { needs: "listener", status: 404, input: trackOnly },
  "/download/:trackId": { needs: "listener", input: trackOnly },
  "/cover/:trackId": { needs: "listener", input: trackOnly },
  // None was made of these; `tests/waveforms/access.test.ts` has some.
  "/waveform/:trackId": { needs: "listener", status: 404, input: trackOnly },
  // Of whoever asks; whose else it may be is in `tests/account/profile.test.ts` and below.
  "/picture/:userId": { needs: "user" },
  "/exports/:exportId": { needs: "user", status: 404 },
};

/** Raw routes with methods of their own; who may do what there is in `tests/uploads/doors.test.ts`. */
export const UPLOAD_ROUTES = ["/uploads", "/uploads/:uploadId"];

/** Raw routes that know nobody, and tRPC's own, whose procedures are above. */
export const OPEN_ROUTES = [
  ...["/health/live", "/health/ready", "/csp-report", "/trpc/:path"],
  // Knows a browser by a cookie of its own; see `tests/connections/oauth.test.ts`.
  "/oauth/:provider/callback",
  // Know a guest by such a cookie, too; see `tests/shares`.
  ...["/s/:shareToken", "/s/:shareToken/cover"],
];

/** Whom the server does not know, whatever they show. */
const isNobody = (who: Principal): who is "nobody" | "guest" | "suspended" | "halfway" =>
  who === "nobody" || who === "guest" || who === "suspended" || who === "halfway";

/** `null`: it is for this one; else why not. */
export function refusalFor(
  needs: Needs,
  principal: Principal,
): "unauthenticated" | "forbidden" | "not_found" | null {
  if (needs === "anyone") return null;
  if (isNobody(principal)) return "unauthenticated";
  if (needs === "user") return null;
  if (needs === "admin") return principal === "admin" ? null : "forbidden";
  // Whatever the id: it does not tell an administrator which there are.
  if (principal === "admin") return "forbidden";
  if (principal === "stranger") return "not_found";
  return isAtLeast(principal, needs) ? null : "forbidden";
}

export const isForMembers = ({ needs }: Access): boolean =>
  needs !== "anyone" && needs !== "user" && needs !== "admin";
