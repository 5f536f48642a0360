import { z } from "zod";

/** The two kinds of media server whose accounts can be used here. */
export const JellyfinProduct = z.enum(["jellyfin", "emby"]);
export type JellyfinProduct = z.infer<typeof JellyfinProduct>;

/**
 * Of an account at the media server. An empty password is none: whoever knew the name could come in
 * with it.
 */
export const JellyfinCredentials = z.strictObject({
  username: z
    .string()
    .regex(/^\P{Cc}*$/u, "Control characters can't be used here")
    .trim()
    .min(1)
    .max(254),
  password: z.string().min(1).max(1024),
});
export type JellyfinCredentials = z.infer<typeof JellyfinCredentials>;

export const SignInJellyfin = JellyfinCredentials.extend({
  /** 30 days instead of until the browser is closed. */
  rememberMe: z.boolean(),
});
export type SignInJellyfin = z.infer<typeof SignInJellyfin>;

/** What anybody may know of the server whose accounts can be used here. */
export const JellyfinName = z.strictObject({ name: z.string(), product: JellyfinProduct });
export type JellyfinName = z.infer<typeof JellyfinName>;

/** The same, for administrators. */
export const JellyfinServer = JellyfinName.extend({
  url: z.string(),
  version: z.string(),
  /** Whoever has an account there and none here makes one by signing in. */
  newUsers: z.boolean(),
  /** How many people here have no other way in. */
  dependents: z.number().int(),
});
export type JellyfinServer = z.infer<typeof JellyfinServer>;

export const SetJellyfin = z.strictObject({
  url: z.string().trim().min(1).max(500),
  newUsers: z.boolean(),
});
export type SetJellyfin = z.infer<typeof SetJellyfin>;

export const OwnJellyfin = z.strictObject({
  /** `null`: no such server can be used here. */
  server: JellyfinName.nullable(),
  /** As the actor is called there; `null`: not linked. */
  linkedAs: z.string().nullable(),
});
export type OwnJellyfin = z.infer<typeof OwnJellyfin>;
