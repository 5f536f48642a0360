import type { Deps } from "#server/deps.ts";

/**
 * An address of a screen of ours. The token is in the fragment, which no browser sends to any server;
 * opening the link changes nothing, so that what looks into mails before people do uses nothing up.
 */
export const linkTo = (deps: Pick<Deps, "config">, path: string, token?: string): string =>
  `${deps.config.http.publicUrl.origin}${path}${token === undefined ? "" : `#token=${token}`}`;
