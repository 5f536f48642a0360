import { z } from "zod";

/** What is sealed for a WebDAV storage. */
export const Credential = z.strictObject({
  /** Where the files are; ends in `/`. */
  url: z.url({ protocol: /^https?$/ }).endsWith("/"),
  username: z.string().min(1),
  password: z.string().min(1),
  /** `nextcloud` is whatever has `status.php` and `oc:` properties: ownCloud too. */
  dialect: z.enum(["plain", "nextcloud"]),
  /** What answered when it was connected, e.g. 'Nextcloud 33.0.2'. */
  product: z.string().nullable(),
});
export type Credential = z.infer<typeof Credential>;

/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2.1 for the UTF-8. */
export function toAuthorization({ username, password }: Pick<Credential, "username" | "password">) {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
