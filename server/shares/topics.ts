import type { ShareId } from "#contract/ids.ts";

/** Published when a link was changed or taken back. */
export const shareTopic = (id: ShareId): string => `share:${id}`;
