import type { Changes } from "#server/storage/changes.ts";
import type { MediaServer } from "./api.ts";

/**
 * A media server has no feed, but counts: how many recordings lie below, which one came last, and how
 * many were saved since the look before, by the server's own clock. What it has not noticed itself it
 * does not tell.
 *
 * The cursor is `<clock> <id>:<count>:<newest> …`, of each folder that is asked for.
 */
export async function findChanges(
  server: MediaServer,
  parents: readonly string[],
  cursor: string | null,
  signal: AbortSignal,
): Promise<Changes> {
  const [since = "", ...before] = (cursor ?? "").split(" ");
  const beganAt = await Promise.all(parents.map((id) => server.summarize(id, null, signal)));
  const now = beganAt.map(({ count, newest }, at) => `${parents[at]}:${count}:${newest ?? ""}`);
  const clock = beganAt[0]?.clock ?? "";
  const isSame = cursor !== null && now.join(" ") === before.join(" ");
  const isDated = isSame && isTime(since);
  const saved = isDated ? await countSaved(server, parents, since, signal) : 0;
  return {
    kind: isSame && saved === 0 ? "none" : "any",
    cursor: [clock, ...now].join(" "),
    requests: parents.length * (isDated ? 2 : 1),
  };
}

async function countSaved(
  server: MediaServer,
  parents: readonly string[],
  since: string,
  signal: AbortSignal,
): Promise<number> {
  const found = await Promise.all(parents.map((id) => server.summarize(id, since, signal)));
  return found.reduce((sum, { count }) => sum + count, 0);
}

const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);
