import {
  createTRPCClient,
  type HTTPLinkOptions,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  type TRPCLink,
} from "@trpc/client";
import type { ShareId, TrackId, UploadId, UserId } from "#contract/ids.ts";
import { type PictureSize, picturePath } from "#contract/pictures.ts";
import {
  type CoverSize,
  coverPath,
  downloadPath,
  type HlsWish,
  hlsPath,
  shareCoverPath,
  streamPath,
  waveformPath,
} from "#contract/playback.ts";
import type { AskTicket } from "#contract/tickets.ts";
import type { AppRouter } from "#server/router.ts";
import { createCookieJar } from "./cookies.ts";
import { createSession, sessionLink } from "./session.ts";
import type { UploadOrder } from "./upload.ts";
import type { UploadWire } from "./upload-wire.ts";

export { refusalOf } from "./refusal.ts";
export type { UploadOrder } from "./upload.ts";
export type { SendPiece, UploadMeans, Wait } from "./upload-wire.ts";

export interface BacklineOptions {
  /** Where the server is: `https://music.example`. */
  readonly baseUrl: string;
  /** Instead of cookies: an access token or API key, sent as `Authorization: Bearer`. */
  readonly accessToken?: string;
  readonly fetch?: typeof fetch;
  /** Where the platform has no `EventSource` (Node): one that takes `{ fetch }`. For subscriptions only. */
  readonly EventSource?: typeof EventSource;
}

export interface Backline {
  /** Every procedure of the server, typed. */
  readonly api: TRPCClient<AppRouter>;
  /**
   * For an `<audio>` element or any HTTP client; answers ranges.
   *
   * @param shareId - for the guest of a public link, once `playback.shares.open` and `beginListen`
   *   have let them in.
   */
  streamUrl(trackId: TrackId, shareId?: ShareId): string;
  /**
   * For a player of HTTP Live Streaming, where `system.info` says that the server has it: a list of
   * qualities that lead to segments, with cookies or the token like everything else.
   */
  hlsUrl(trackId: TrackId, wish?: HlsWish, shareId?: ShareId): string;
  downloadUrl(trackId: TrackId, shareId?: ShareId): string;
  /**
   * What is drawn of it: audiowaveform's binary format, or with `format=json` its JSON; `zoom` is the
   * samples per pixel. While there is none the answer is a 404 with a `reason`.
   */
  waveformUrl(trackId: TrackId, shareId?: ShareId): string;
  /**
   * For what sends neither this client's cookies nor its token: a loudspeaker, an `<audio>` element
   * beside a client with a token. It works for five minutes and until the session ends; what has
   * begun to play goes on.
   */
  ticketUrl(trackId: TrackId, use: AskTicket["use"]): Promise<string>;
  /** @param track - `coverHash` as the list gave it. @returns `null` when it has no cover. */
  coverUrl(track: { id: TrackId; coverHash: string | null }, size: CoverSize): string | null;
  /**
   * The same for whoever has a public link.
   *
   * @param token - the last part of the link.
   */
  shareCoverUrl(token: string, track: { id: TrackId; coverHash: string | null }): string | null;
  /** @returns `null` for somebody without a picture. */
  pictureUrl(user: { id: UserId; pictureHash: string | null }, size: PictureSize): string | null;
  /**
   * Brings a file into the band's primary storage, whatever happens to the line meanwhile: after a
   * failure it goes on with the byte that the server has not got yet. Resolves once it lies there.
   *
   * @throws what `refusalOf` explains when the server refuses for good; the signal's reason when
   *   aborted, which leaves what has arrived, to go on by its id or to be discarded.
   */
  uploadFile(order: UploadOrder): Promise<UploadId>;
  /** Nothing of it is left in the storage. One that is over or given up is that already. */
  discardUpload(uploadId: UploadId): Promise<void>;
  /** `fetch` as this client makes it: with its cookies or its token. For URLs of this server only. */
  readonly fetch: typeof fetch;
  /**
   * Renews the access cookie when it is older than a few minutes, because media elements cannot do
   * it themselves. False: nobody is signed in any more.
   */
  keepSession(): Promise<boolean>;
}

/** Half of an access token's life. */
const RENEW_AFTER_MS = 5 * 60_000;

/** The server refuses larger batches. */
const BATCH_SIZE = 10;

/**
 * A client of one Backline server. In a browser the cookies are the browser's; elsewhere they live
 * in this object.
 *
 * @example
 * const backline = createBackline({ baseUrl: "https://music.example" });
 * await backline.api.auth.signIn.mutate({ email, password, rememberMe: false });
 * const { tracks } = await backline.api.library.tracks.list.query({ bandId });
 */
export function createBackline(options: BacklineOptions): Backline {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const call = authorised(options, baseUrl);
  const url = `${baseUrl}/trpc`;
  const session = createSession(() => bare);

  // tRPC's own type of `fetch` takes undefined where the platform's leaves the property out.
  const callAsLink = call as HTTPLinkOptions<AppRouter["_def"]["_config"]["$types"]>["fetch"] & {};

  const headers = async (isChange: boolean): Promise<Record<string, string>> =>
    isChange && !options.accessToken ? { "x-csrf-token": await session.csrfToken() } : {};

  const single = httpLink<AppRouter>({
    url,
    fetch: callAsLink,
    headers: ({ op }) => headers(op.type === "mutation"),
  });
  const batched = httpBatchLink<AppRouter>({
    url,
    fetch: callAsLink,
    maxItems: BATCH_SIZE,
    headers: ({ opList }) => headers(opList.some((op) => op.type === "mutation")),
  });
  const withTicket: TRPCLink<AppRouter> = (runtime) => (asked) => {
    const { path, input } = asked.op;
    const ticketUrl = async () => {
      const ask = { path, input: input === undefined ? "" : JSON.stringify(input) };
      return `${url}?ticket=${(await bare.auth.subscriptionTicket.query(ask)).ticket}`;
    };
    return httpSubscriptionLink<AppRouter, typeof EventSource>({ url: ticketUrl })(runtime)(asked);
  };
  // A browser's own EventSource sends cookies, but no header with a token.
  const subscriptions =
    options.accessToken && !options.EventSource
      ? withTicket
      : httpSubscriptionLink<AppRouter, typeof EventSource>({
          url,
          eventSourceOptions: { withCredentials: false, fetch: call } as EventSourceInit,
          ...(options.EventSource ? { EventSource: options.EventSource } : {}),
        });
  const transport: TRPCLink<AppRouter> = splitLink({
    condition: (op) => op.type === "subscription",
    true: subscriptions,
    false: splitLink({
      condition: (op) => op.path.startsWith("auth."),
      true: single,
      false: batched,
    }),
  });

  const bare = createTRPCClient<AppRouter>({ links: [single] });
  const api = createTRPCClient<AppRouter>({ links: [sessionLink(session), transport] });

  const wire: UploadWire = {
    ...{ baseUrl, session },
    fetch: call,
    headers: () => headers(true),
  };

  return {
    api,
    fetch: call,
    // Most who open a page upload nothing.
    uploadFile: async (order) => (await import("./upload.ts")).uploadFile({ wire, api }, order),
    discardUpload: async (uploadId) => (await import("./upload.ts")).discardUpload(wire, uploadId),
    hlsUrl: (trackId, wish, shareId) => baseUrl + hlsPath(trackId, wish, shareId),
    streamUrl: (trackId, shareId) => baseUrl + streamPath(trackId, shareId),
    downloadUrl: (trackId, shareId) => baseUrl + downloadPath(trackId, shareId),
    waveformUrl: (trackId, shareId) => baseUrl + waveformPath(trackId, shareId),
    ticketUrl: async (trackId, use) =>
      baseUrl + (await api.playback.ticket.query({ trackId, use })).path,
    coverUrl: (track, size) =>
      track.coverHash === null ? null : baseUrl + coverPath(track.id, track.coverHash, size),
    shareCoverUrl: (token, track) =>
      track.coverHash === null ? null : baseUrl + shareCoverPath(token, track.id, track.coverHash),
    pictureUrl: (user, size) =>
      user.pictureHash === null ? null : baseUrl + picturePath(user.id, user.pictureHash, size),
    async keepSession() {
      if (options.accessToken) return true;
      if (Date.now() - session.renewedAtMs < RENEW_AFTER_MS) return true;
      return session.renew();
    },
  };
}

/** `fetch` with what proves who asks: the browser's cookies, a jar's, or the token. */
function authorised(options: BacklineOptions, baseUrl: string): typeof fetch {
  const plain = options.fetch ?? globalThis.fetch.bind(globalThis);
  const isBrowser = "document" in globalThis;
  const { accessToken } = options;
  if (accessToken) {
    return (input, init) =>
      plain(input, withHeaders(init, { authorization: `Bearer ${accessToken}` }));
  }
  if (isBrowser) return (input, init) => plain(input, { ...init, credentials: "same-origin" });

  const jar = createCookieJar();
  const { origin } = new URL(baseUrl);
  return async (input, init) => {
    const cookie = jar.header();
    const response = await plain(
      input,
      withHeaders(init, { origin, ...(cookie ? { cookie } : {}) }),
    );
    jar.keep(response);
    return response;
  };
}

function withHeaders(init: RequestInit | undefined, more: Record<string, string>): RequestInit {
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return { ...init, headers };
}
