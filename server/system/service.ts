import { ProviderId } from "#contract/connections.ts";
import type { AdminNotice, SystemInfo } from "#contract/system.ts";
import { findJellyfinName } from "#server/auth/jellyfin-server.ts";
import { getRegistrationMode } from "#server/auth/registration.ts";
import { isSetupRequired } from "#server/auth/setup.ts";
import { version } from "#server/base/version.ts";
import type { Deps } from "#server/deps.ts";

export const getSystemInfo = async (
  deps: Pick<Deps, "db" | "maintenance" | "providers" | "transcoding">,
): Promise<SystemInfo> => ({
  version,
  setupRequired: await isSetupRequired(deps),
  registration: await getRegistrationMode(deps),
  jellyfin: await findJellyfinName(deps),
  maintenance: await deps.maintenance.find(),
  hls: deps.transcoding !== null,
  providers: ProviderId.options.filter((id) => deps.providers[id].offWhy === null),
});

/** What an administrator has to know until its cause is gone. */
export function listNotices(deps: Pick<Deps, "config">): AdminNotice[] {
  const { http, egress, mail } = deps.config;
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
  if (mail.smtpUrl === null) {
    notices.push({
      id: "mail_to_files",
      message:
        "No mail server is set (SMTP_URL), so nobody gets mails: links for confirming addresses and forgotten passwords are only kept as files in the folder mails of the data folder.",
    });
  }
  return notices;
}
