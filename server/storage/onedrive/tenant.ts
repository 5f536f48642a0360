import { z } from "zod";

/** The directory of all personal accounts. */
const CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad";

/**
 * Whose accounts may sign in. A directory goes by its ID alone: by a name of it nobody could tell
 * whether an issuer is the same one.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-protocols#endpoints
 */
export const Tenant = z.union([
  z.enum(["common", "organizations", "consumers"]),
  z.guid().transform((id) => id.toLowerCase()),
]);
export type Tenant = z.output<typeof Tenant>;

/**
 * An issuer has the directory in it that the person is of, whichever sign-in page was asked. Microsoft
 * does not say `iss` in its answers today; should it begin to, it has to be one of these.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/id-tokens#validate-tokens
 */
export function isIssuerOf(tenant: Tenant, login: string, iss: string): boolean {
  const [id = "", ...rest] = iss.startsWith(`${login}/`)
    ? iss.slice(login.length + 1).split("/")
    : [];
  if (!z.guid().safeParse(id).success || rest.join("/") !== "v2.0") return false;
  switch (tenant) {
    case "common":
      return true;
    case "organizations":
      return id !== CONSUMERS;
    case "consumers":
      return id === CONSUMERS;
    default:
      return id === tenant;
  }
}
