import { notFound, type ParsedLocation, redirect } from "@tanstack/react-router";
import type { Me } from "#contract/auth.ts";
import type { OAuthProviderId, ProviderId } from "#contract/connections.ts";
import type {
  AlbumId,
  ArtistId,
  BandId,
  ConnectionId,
  GenreId,
  PlaylistId,
  RehearsalId,
  TrackId,
} from "#contract/ids.ts";
import type { OAuthTrouble } from "#contract/oauth.ts";
import { queryClient, trpc } from "./api.ts";
import { toOwnPath } from "./auth/next.ts";
import { sessionQuery } from "./auth/session.ts";
import { bandsQuery } from "./frame/band.ts";

const isSetupRequired = async (): Promise<boolean> =>
  (await queryClient.fetchQuery(trpc.system.info.queryOptions())).setupRequired;

/** Who is signed in; else on to where one signs in, and back here afterwards. */
export async function requireSession(location: ParsedLocation): Promise<Me> {
  const me = await queryClient.ensureQueryData(sessionQuery);
  if (me) return me;
  if (await isSetupRequired()) throw redirect({ to: "/setup" });
  throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
}

/** Signing in is for whoever is not, on a server that has somebody to sign in. */
export async function requireNoSession(next: string | undefined): Promise<void> {
  const me = await queryClient.ensureQueryData(sessionQuery);
  if (me) throw redirect({ href: toOwnPath(next) ?? "/" });
  if (await isSetupRequired()) throw redirect({ to: "/setup" });
}

/**
 * For screens that are for everybody, on a server that has somebody. Who is signed in, if anyone, is
 * known when they open.
 */
export async function requireFirstAccount(): Promise<void> {
  if (await isSetupRequired()) throw redirect({ to: "/setup" });
  await queryClient.prefetchQuery(sessionQuery);
}

export async function requireSetup(): Promise<void> {
  if (!(await isSetupRequired())) throw redirect({ to: "/" });
}

/** What is not one's own does not exist. */
export async function requireBand(bandId: BandId): Promise<void> {
  const bands = await queryClient.ensureQueryData(bandsQuery);
  if (!bands.some((band) => band.id === bandId)) throw notFound();
}

/** For those who only listen this screen does not exist. */
export async function requireEditor(bandId: BandId): Promise<void> {
  const bands = await queryClient.ensureQueryData(bandsQuery);
  const role = bands.find((band) => band.id === bandId)?.role;
  if (role !== "owner" && role !== "editor") throw notFound();
}

/** For everybody else this screen does not exist either. */
export async function requireAdmin(): Promise<void> {
  const me = await queryClient.ensureQueryData(sessionQuery);
  if (me?.user.role !== "admin") throw notFound();
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function toId<Id extends string>(text: string): Id {
  if (!UUID.test(text)) throw notFound();
  return text as Id;
}

export const parseBand = ({ bandId }: { bandId: string }) => ({ bandId: toId<BandId>(bandId) });

export const parseConnection = ({ connectionId }: { connectionId: string }) => ({
  connectionId: toId<ConnectionId>(connectionId),
});

export const parsePlaylist = ({ playlistId }: { playlistId: string }) => ({
  playlistId: toId<PlaylistId>(playlistId),
});

export const parseRehearsal = ({ rehearsalId }: { rehearsalId: string }) => ({
  rehearsalId: toId<RehearsalId>(rehearsalId),
});

export const parseTrack = ({ trackId }: { trackId: string }) => ({
  trackId: toId<TrackId>(trackId),
});

/** The time and the comment that a link means. */
export function parseTrackSearch({ t, comment }: Readonly<Record<string, unknown>>): {
  /** Seconds from the start. */
  t?: number;
  comment?: string;
} {
  const seconds = Number(t);
  return {
    ...(t !== undefined && seconds >= 0 && seconds < 1_000_000 ? { t: seconds } : {}),
    ...(isId<string>(comment) ? { comment } : {}),
  };
}

export const parseAlbum = ({ albumId }: { albumId: string }) => ({
  albumId: toId<AlbumId>(albumId),
});

export const parseArtist = ({ artistId }: { artistId: string }) => ({
  artistId: toId<ArtistId>(artistId),
});

export const parseGenre = ({ genreId }: { genreId: string }) => ({
  genreId: toId<GenreId>(genreId),
});

const SIGN_INS: readonly OAuthProviderId[] = ["google-drive", "onedrive"];
const PROVIDERS: readonly ProviderId[] = ["folder", "webdav", "s3", "jellyfin", ...SIGN_INS];

export function parseAddSearch({ provider }: Readonly<Record<string, unknown>>): {
  provider?: ProviderId;
} {
  const known = PROVIDERS.find((each) => each === provider);
  return known ? { provider: known } : {};
}

const TROUBLES: readonly OAuthTrouble[] = [
  ...(["denied", "expired", "unknown", "other_browser", "signed_out", "wrong_server"] as const),
  ...([
    "not_allowed",
    "no_files",
    "no_storage",
    "other_account",
    "client",
    "maintenance",
    "unavailable",
  ] as const),
];

/** What the server says of a visit to a provider; whatever else is in there is not read. */
export function parseNotConnected({
  why,
  provider,
  band,
  connection,
}: Readonly<Record<string, unknown>>): {
  why?: OAuthTrouble;
  provider?: OAuthProviderId;
  band?: BandId;
  connection?: ConnectionId;
} {
  const known = TROUBLES.find((each) => each === why);
  const signIn = SIGN_INS.find((each) => each === provider);
  return {
    ...(known ? { why: known } : {}),
    ...(signIn ? { provider: signIn } : {}),
    ...(isId<BandId>(band) ? { band } : {}),
    ...(isId<ConnectionId>(connection) ? { connection } : {}),
  };
}

const isId = <Id extends string>(value: unknown): value is Id =>
  typeof value === "string" && UUID.test(value);

export const parseSignInSearch = ({
  next,
  lost,
  changed,
}: Readonly<Record<string, unknown>>): {
  next?: string;
  /** The session is over, and not by signing out here. */
  lost?: true;
  /** The password is a new one. */
  changed?: true;
} => ({
  ...(toOwnPath(next) ? { next: toOwnPath(next) as string } : {}),
  ...(lost === true ? { lost } : {}),
  ...(changed === true ? { changed } : {}),
});

/** Whether there is such an action is for the screen to say, which has their names. */
export const parseAdminSearch = ({
  q,
  action,
}: Readonly<Record<string, unknown>>): {
  /** Whom to show. */
  q?: string;
  action?: string;
} => ({
  // The router reads `?q=1975` as a number.
  ...(typeof q === "string" || typeof q === "number" ? { q: String(q).slice(0, 200) } : {}),
  ...(typeof action === "string" ? { action } : {}),
});
