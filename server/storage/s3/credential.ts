import { z } from "zod";
import type { SigningKey } from "./sigv4.ts";

/** What is sealed for a bucket. */
export const Credential = z.strictObject({
  /** Of the service, without the bucket; ends in `/`. */
  endpoint: z.url({ protocol: /^https?$/ }).endsWith("/"),
  region: z.string().min(1),
  bucket: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  /** Of a key that ends by itself; absent for one that stays. */
  sessionToken: z.string().min(1).optional(),
  /** The bucket stands in the path; else it is part of the host name. */
  isPathStyle: z.boolean(),
  /** What answered when it was connected, e.g. 'Amazon S3'. */
  product: z.string().nullable(),
});
export type Credential = z.infer<typeof Credential>;

export const toSigningKey = (credential: Credential): SigningKey => {
  const { accessKeyId, secretAccessKey, sessionToken, region } = credential;
  return { accessKeyId, secretAccessKey, sessionToken, region, service: "s3" };
};
