import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { sharePath } from "#contract/shares.ts";
import { countPicture } from "#server/auth/call-limits.ts";
import { linkTo } from "#server/auth/links.ts";
import { type PageMeta, type PageOptions, sendPage } from "#server/base/client-files.ts";
import { parseInput } from "#server/base/errors.ts";
import { sendPicture } from "#server/base/picture-answer.ts";
import type { Deps } from "#server/deps.ts";
import { findGuestCookie } from "./cookies.ts";
import { findPreview, type OpenSharePreview, openSharedCover } from "./guests.ts";

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
    const cover = await openSharedCover(deps, shareToken, findGuestCookie(http, request));
    return sendPicture(request, reply, cover);
  });
};

/** @see https://ogp.me */
function toMeta(
  deps: Pick<Deps, "config">,
  token: string,
  { title, artist, album, coverHash }: OpenSharePreview,
): PageMeta {
  const image = linkTo(deps, `${sharePath(token)}/cover?size=large`);
  return {
    title: artist === null ? title : `${title} – ${artist}`,
    properties: {
      "og:type": "music.song",
      "og:site_name": "Backline",
      "og:title": title,
      "og:description": [artist, album].filter((part) => part !== null).join(" · "),
      "og:url": linkTo(deps, sharePath(token)),
      ...(coverHash === null ? {} : { "og:image": image }),
    },
  };
}
