import type { FastifyPluginAsync } from "fastify";
import type { Deps } from "#server/deps.ts";

type AppPlugin = FastifyPluginAsync<{ deps: Deps }>;

/**
 * Lets a plugin's hooks and decorators reach the app that registers it, and not only the plugin's
 * own routes.
 *
 * @see https://fastify.dev/docs/latest/Reference/Plugins/#handle-the-scope
 */
export const forWholeApp = (plugin: AppPlugin): AppPlugin =>
  Object.assign(plugin, { [Symbol.for("skip-override")]: true });
