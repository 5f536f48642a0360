import { z } from "zod";
import { JellyfinProduct } from "#contract/jellyfin.ts";
import type { OwnDevice } from "#server/storage/media-server.ts";

/** What is sealed for a media server. There is never a password in it. */
export const Credential = z.strictObject({
  /** Without a slash at its end. */
  url: z.url({ protocol: /^https?$/ }).regex(/[^/]$/),
  product: JellyfinProduct,
  /** Made for this access and kept with it: a server has one token an account and device. */
  deviceId: z.string().min(1),
  /** Of a sign-in, or an API key. */
  token: z.string().regex(/^[\x21-\x7e]{1,512}$/),
  /** Whose token it is; `null` for an API key, which is nobody's. */
  account: z.strictObject({ id: z.string().min(1), username: z.string().min(1) }).nullable(),
});
export type Credential = z.infer<typeof Credential>;

export const toDevice = ({ deviceId }: Pick<Credential, "deviceId">): OwnDevice => ({
  id: deviceId,
  name: "Backline",
});
