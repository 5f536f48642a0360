import type { ConnectForm } from "#contract/connections.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { parseTarget } from "#server/base/egress/url.ts";
import { AppError } from "#server/base/errors.ts";
import type { Connected, StorageIo } from "#server/storage/provider.ts";
import { createBucket } from "./api.ts";
import type { Credential } from "./credential.ts";

export type S3Form = Extract<ConnectForm, { provider: "s3" }>;

/** What every S3 service understands that does not care for regions. */
const DEFAULT_REGION = "us-east-1";

const AMAZON = /(^|\.)amazonaws\.com(\.cn)?$/;

/** Known by their host names. */
const products: readonly (readonly [RegExp, string])[] = [
  [AMAZON, "Amazon S3"],
  [/\.r2\.cloudflarestorage\.com$/, "Cloudflare R2"],
  [/\.backblazeb2\.com$/, "Backblaze B2"],
  [/\.wasabisys\.com$/, "Wasabi"],
  [/\.digitaloceanspaces\.com$/, "DigitalOcean Spaces"],
  [/\.your-objectstorage\.com$/, "Hetzner Object Storage"],
  [/\.scw\.cloud$/, "Scaleway Object Storage"],
];

/** Tries what a person typed by asking for one key: that proves address, region, key and bucket. */
export async function verifyForm(form: S3Form, io: StorageIo): Promise<Connected<Credential>> {
  const typed = toCredential(form);
  const { headers } = await createBucket(typed, io).list(
    { prefix: "", cursor: null },
    io.signal,
    1,
  );
  const credential = { ...typed, product: findProduct(new URL(typed.endpoint), headers) };
  const { bucket, accessKeyId, product } = credential;
  return {
    credential,
    name: bucket,
    identity: `${shorten(accessKeyId)} in ${bucket}`,
    product,
  };
}

/** @throws AppError `storage_refused`, with a sentence for what cannot be right. */
export function toCredential(form: S3Form): Credential {
  const { bucket, accessKeyId, secretAccessKey, sessionToken } = form;
  requireForm(form);
  const endpoint = parseEndpoint(form.endpoint, bucket);
  // The certificate of a host name with more dots would not fit.
  const isPathStyle =
    form.pathStyle === "auto"
      ? !AMAZON.test(endpoint.hostname) || bucket.includes(".")
      : form.pathStyle;
  return {
    endpoint: endpoint.href,
    region: form.region || findRegion(endpoint.hostname),
    bucket,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    isPathStyle,
    product: null,
  };
}

/** What ends up in an address or header is of the form that these have everywhere. */
function requireForm({ bucket, region, accessKeyId, sessionToken }: S3Form): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,254}$/i.test(bucket)) {
    throw refuse(
      "This cannot be the name of a bucket. Enter only its name, without address and folder.",
    );
  }
  if (!/^[a-z0-9-]*$/i.test(region)) {
    throw refuse(
      "This cannot be a region. Enter it as the service shows it, such as eu-central-1.",
    );
  }
  if (!/^[!-+.0-~-]+$/.test(accessKeyId)) {
    throw refuse("This cannot be an access key ID. Enter it exactly as the service shows it.");
  }
  if (accessKeyId.startsWith("ASIA") && sessionToken === undefined) {
    throw refuse(
      "This is a temporary access key, which only works with its session token. Enter that as well, or better make a key that stays.",
    );
  }
}

/** As people paste it: without scheme, with the bucket before the host or behind it. */
function parseEndpoint(typed: string, bucket: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  const endpoint = new URL(parseTarget(text).url);
  endpoint.search = "";
  endpoint.hash = "";
  if (endpoint.hostname.startsWith(`${bucket}.s3`)) {
    endpoint.hostname = endpoint.hostname.slice(bucket.length + 1);
  }
  endpoint.pathname = `${endpoint.pathname.replace(/\/+$/, "")}/`;
  if (endpoint.pathname === `/${bucket}/`) endpoint.pathname = "/";
  return endpoint;
}

/** Most services name the region in the host: `s3.eu-central-1.amazonaws.com`. */
function findRegion(hostname: string): string {
  if (hostname.endsWith(".r2.cloudflarestorage.com")) return "auto";
  return /^s3[.-]([a-z]{2,}-[a-z0-9-]+)\./.exec(hostname)?.[1] ?? DEFAULT_REGION;
}

function findProduct({ hostname }: URL, headers: EgressResponse["headers"]): string | null {
  const byHost = products.find(([pattern]) => pattern.test(hostname))?.[1];
  if (byHost) return byHost;
  const server = headers.server ?? "";
  if (/^minio/i.test(server)) return "MinIO";
  if (/^garage/i.test(server)) return "Garage";
  if (/seaweedfs/i.test(server)) return "SeaweedFS";
  return headers["x-openstack-request-id"] ? "OpenStack Swift" : null;
}

const shorten = (accessKeyId: string): string =>
  accessKeyId.length > 12 ? `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}` : accessKeyId;

const refuse = (sentence: string): AppError => new AppError("storage_refused", sentence);
