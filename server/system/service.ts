import { ProviderId } from "#contract/connections.ts";
import type { AdminNotice, SystemInfo } from "#contract/system.ts";
import { isSetupRequired } from "#server/auth/setup.ts";
import type { Actor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { version } from "#server/base/version.ts";
import type { Deps } from "#server/deps.ts";

export const getSystemInfo = async (deps: Pick<Deps, "db" | "providers">): Promise<SystemInfo> => ({
  version,
  setupRequired: await isSetupRequired(deps),
  registration: "closed",
  providers: ProviderId.options.filter((id) => deps.providers[id].offWhy === null),
});

/**
 * What an administrator has to know until its cause is gone.
 *
 * @throws AppError `forbidden` for everybody else.
 */
export function listNotices(deps: Pick<Deps, "config">, actor: Actor): AdminNotice[] {
  if (actor.role !== "admin") {
    throw new AppError("forbidden", "Only administrators of this server can see this.");
  }
  const { http, egress } = deps.config;
  const notices: AdminNotice[] = [];
  if (!http.isSecure && !http.isLoopback) {
    notices.push({
      id: "insecure_http",
      message:
        "This server is open to a network over plain http (INSECURE_HTTP=1): anyone on the way can read passwords and recordings. Put it behind https and set PUBLIC_URL to that address.",
    });
  }
  if (egress.allowLoopback) {
    notices.push({
      id: "loopback_egress",
      message:
        "Storages may be on this very machine (EGRESS_ALLOW_LOOPBACK=1), so whoever can connect one can reach its internal services. That is meant for development.",
    });
  }
  return notices;
}
