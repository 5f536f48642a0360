/** Where to go after signing in: a path of our own, never another site's. */
export const toOwnPath = (next: unknown): string | undefined =>
  typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined;
