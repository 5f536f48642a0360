import { z } from "zod";
import { type JellyfinName, JellyfinProduct } from "#contract/jellyfin.ts";
import type { Tx } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineSetting } from "#server/base/settings.ts";
import type { Deps } from "#server/deps.ts";

/** The one media server whose accounts can be used here, as it was when it was last asked. */
export const TrustedServer = z.object({
  url: z.string(),
  /** Identities count for the server with this id and no other, wherever it is. */
  serverId: z.string(),
  name: z.string(),
  product: JellyfinProduct,
  version: z.string(),
  newUsers: z.boolean(),
});
export type TrustedServer = z.infer<typeof TrustedServer>;

/** A column of settings cannot be `null` itself. */
const setting = defineSetting("jellyfin", z.object({ trusted: TrustedServer.nullable() }), {
  trusted: null,
});

/** `null`: nobody signs in through another server. */
export const readTrustedServer = async (deps: Pick<Deps, "db">): Promise<TrustedServer | null> =>
  (await setting.read(deps.db)).trusted;

export const saveTrustedServer = (tx: Tx, trusted: TrustedServer | null): Promise<void> =>
  setting.save(tx, { trusted });

/** @throws AppError `not_found` when there is none. */
export async function requireTrustedServer(deps: Pick<Deps, "db">): Promise<TrustedServer> {
  const server = await readTrustedServer(deps);
  if (server) return server;
  throw new AppError(
    "not_found",
    "Signing in with Jellyfin is not switched on here. Sign in another way, or ask the people who run this server.",
  );
}

export const toJellyfinName = (server: TrustedServer | null): JellyfinName | null =>
  server && { name: server.name, product: server.product };

/** What to call it where no screen can ask. */
export const findJellyfinName = async (deps: Pick<Deps, "db">): Promise<JellyfinName | null> =>
  toJellyfinName(await readTrustedServer(deps));
