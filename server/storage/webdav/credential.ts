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

/** Of a Nextcloud: beside the DAV tree, wherever it is installed. */
export const baseOf = ({ url }: Pick<Credential, "url">): URL =>
  new URL(url.split("remote.php/")[0] ?? url);

/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2.1 for the UTF-8. */
export function toAuthorization({ username, password }: Pick<Credential, "username" | "password">) {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
