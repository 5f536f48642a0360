import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { TrackId } from "#contract/ids.ts";
import { sharePath } from "#contract/shares.ts";
import { countPicture } from "#server/auth/call-limits.ts";
import { linkTo } from "#server/auth/links.ts";
import { type PageMeta, type PageOptions, sendPage } from "#server/base/client-files.ts";
import { parseInput } from "#server/base/errors.ts";
import { sendPicture } from "#server/base/picture-answer.ts";
import type { Deps } from "#server/deps.ts";
import type { SharedContent } from "./content.ts";
import { findGuestCookie } from "./cookies.ts";
import { findPreview, openSharedCover } from "./guests.ts";

const CoverQuery = z.object({ track: TrackId.optional() });
const Params = z.object({ shareToken: z.string().max(200) });

interface ShareRouteOptions {
  readonly deps: Deps;
  readonly page: PageOptions;
}

/** What crawlers and `<img>` fetch of a public link. The page itself is the client's. */
export const shareRoutes: FastifyPluginAsync<ShareRouteOptions> = async (app, { deps, page }) => {
  const { http } = deps.config;

  app.get("/s/:shareToken", async (request, reply) => {
    const { shareToken } = parseInput(Params, request.params);
    // Without a database the page comes all the same, and says so itself.
    const preview = await findPreview(deps, shareToken).catch((error: unknown) => {
      request.log.warn({ err: error }, "a link's page has no preview");
      return undefined;
    });
    return sendPage(reply, page, preview && toMeta(deps, shareToken, preview));
  });

  app.get("/s/:shareToken/cover", async (request, reply) => {
    await countPicture(request, reply);
    const { shareToken } = parseInput(Params, request.params);
    const { track } = parseInput(CoverQuery, request.query);
    const guestToken = findGuestCookie(http, request);
    const cover = await openSharedCover(deps, shareToken, track, guestToken);
    return sendPicture(request, reply, cover);
  });
};

const TYPES: Readonly<Record<SharedContent["kind"], string>> = {
  track: "music.song",
  playlist: "music.playlist",
  rehearsal: "music.playlist",
};

/** @see https://ogp.me */
function toMeta(deps: Pick<Deps, "config">, token: string, content: SharedContent): PageMeta {
  const { kind, title, tracks } = content;
  const { artist = null } = kind === "track" ? (tracks[0] ?? {}) : {};
  const image = linkTo(deps, `${sharePath(token)}/cover?size=large`);
  return {
    title: artist === null ? title : `${title} – ${artist}`,
    properties: {
      "og:type": TYPES[kind],
      "og:site_name": "Backline",
      "og:title": title,
      "og:description": describe(content),
      "og:url": linkTo(deps, sharePath(token)),
      ...(tracks.some(({ coverHash }) => coverHash !== null) ? { "og:image": image } : {}),
    },
  };
}

function describe({ kind, heldOn, tracks: [first], trackCount }: SharedContent): string {
  const parts =
    kind === "track"
      ? [first?.artist, first?.album]
      : [heldOn, trackCount === 1 ? "1 recording" : `${trackCount} recordings`];
  return parts.filter(Boolean).join(" · ");
}
