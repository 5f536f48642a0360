import { sealedFactors } from "#server/auth/second-factor.ts";
import { sealedTokens } from "#server/auth/upstream-tokens.ts";
import type { SealedColumn } from "#server/base/sealed-column.ts";
import { sealedCredentials } from "#server/connections/credentials.ts";
import { sealedLogins } from "#server/connections/nextcloud-login.ts";
import { sealedVerifiers } from "#server/connections/oauth.ts";
import { sealedClients } from "#server/connections/oauth-clients.ts";
import { sealedReleases } from "#server/connections/release.ts";
import { sealedMails } from "#server/mail/service.ts";
import { sealedCloudPasswords } from "./nextcloud.ts";

/** Every column of the database that holds sealed values; a test looks for others in the schema. */
export const sealedColumns: readonly SealedColumn[] = [
  sealedFactors,
  sealedTokens,
  sealedMails,
  sealedCredentials,
  sealedLogins,
  sealedVerifiers,
  sealedClients,
  sealedReleases,
  sealedCloudPasswords,
];
