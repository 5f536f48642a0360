import { AppError } from "#server/base/errors.ts";
import type { Verdict } from "./address.ts";

type Sentence = (host: string) => AppError;

const refused =
  (sentence: (host: string) => string): Sentence =>
  (host) =>
    new AppError("storage_refused", sentence(host));

const unavailable =
  (sentence: (host: string) => string): Sentence =>
  (host) =>
    new AppError("storage_unavailable", sentence(host));

/** One sentence for closed, filtered and unreachable: which it was is nobody's business. */
const noConnection = unavailable(
  (host) =>
    `${host} cannot be reached at the moment. Nothing is lost; it is tried again later. If it stays like this, check the address and whether that server is running.`,
);
const noAnswer = unavailable(
  (host) => `${host} did not answer in time. Nothing is lost; try again in a while.`,
);
const cut = unavailable(
  (host) => `The connection to ${host} broke off. Nothing is lost; try again in a while.`,
);
const noSuchName = refused(
  (host) => `There is no server with the name ${host}; check the address.`,
);
const noNameService = unavailable(
  (host) =>
    `The name ${host} cannot be looked up at the moment. Nothing is lost; try again in a while.`,
);
const notHttp = refused(
  (host) => `What answers at ${host} is not a web server. Check the address and its port.`,
);
const hugeHead = refused(
  (host) => `${host} sends more headers than a web server should. Tell the people who run it.`,
);
const unpacking = refused(
  (host) => `${host} sends answers that cannot be unpacked. Tell the people who run it.`,
);
const exhausted: Sentence = () => busy();

const expired = refused(
  (host) =>
    `The certificate of ${host} has expired. Ask the people who run it to renew it, then try again.`,
);
const notYetValid = refused(
  (host) =>
    `The certificate of ${host} is not valid yet. The clock there or on this server is probably wrong.`,
);
const selfSigned = refused(
  (host) =>
    `The certificate of ${host} is self-signed, so nobody vouches for it. Give that server one from a public authority (Let's Encrypt is free), or ask the administrator of this server to add your own authority with NODE_EXTRA_CA_CERTS.`,
);
const unknownIssuer = refused(
  (host) =>
    `The certificate of ${host} comes from an authority that this server does not know, or its intermediate certificate is missing. Install the full chain there, or ask the administrator of this server to add the authority with NODE_EXTRA_CA_CERTS.`,
);
const otherName = refused(
  (host) =>
    `The certificate that ${host} shows is for another name. Use the name that is in the certificate, or ask the people who run it for one that covers ${host}.`,
);
const revoked = refused(
  (host) => `The certificate of ${host} has been revoked. Ask the people who run it for a new one.`,
);
const oldTls = refused(
  (host) =>
    `${host} offers only outdated encryption. Ask the people who run it to switch on TLS 1.2 or newer.`,
);
const noTls = refused(
  (host) =>
    `${host} does not speak HTTPS at this port. Check whether the address needs http:// or another port.`,
);

/**
 * By the `code` of what DNS, sockets, OpenSSL, undici and zlib throw, and by the name of what has
 * none: undici 8.12's HTTPParserError.
 */
const sentences: ReadonlyMap<string, Sentence> = new Map(
  Object.entries({
    ENOTFOUND: noSuchName,
    ENODATA: noSuchName,
    EAI_AGAIN: noNameService,
    EAI_FAIL: noNameService,
    ECONNREFUSED: noConnection,
    EHOSTUNREACH: noConnection,
    ENETUNREACH: noConnection,
    EADDRNOTAVAIL: noConnection,
    ETIMEDOUT: noConnection,
    EMFILE: exhausted,
    ENFILE: exhausted,
    CERT_HAS_EXPIRED: expired,
    CERT_NOT_YET_VALID: notYetValid,
    DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
    SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
    UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
    ERR_TLS_CERT_ALTNAME_INVALID: otherName,
    CERT_REVOKED: revoked,
    ERR_SSL_UNSUPPORTED_PROTOCOL: oldTls,
    ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: oldTls,
    ERR_SSL_WRONG_VERSION_NUMBER: noTls,
    ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
    EPROTO: noTls,
    UND_ERR_HEADERS_TIMEOUT: noAnswer,
    UND_ERR_BODY_TIMEOUT: noAnswer,
    UND_ERR_HEADERS_OVERFLOW: hugeHead,
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: notHttp,
    HTTPParserError: notHttp,
    Z_BUF_ERROR: cut,
    Z_DATA_ERROR: unpacking,
    Z_STREAM_ERROR: unpacking,
  }),
);

/** What the same words mean once the head was fine: not another protocol but a broken transfer. */
const cutInBody: ReadonlySet<string> = new Set([
  "HTTPParserError",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

/** OpenSSL and zlib errors that have no line of their own above. */
const families: readonly (readonly [prefix: string, sentence: Sentence])[] = [
  ["ERR_SSL_", noTls],
  ["CERT_", unknownIssuer],
  ["ERR__ERROR_FORMAT_", unpacking],
];

/**
 * Turns whatever the network threw into a failure with a name. The host is what the person typed;
 * no address, path or credential reaches the message. What has a name already keeps it.
 */
export function nameFailure(error: unknown, host: string): AppError {
  if (error instanceof AppError) return error;
  return withCause(sentenceFor(error)(host), error);
}

/** The same for a failure after the head. */
export function nameBodyFailure(error: unknown, host: string): AppError {
  return cutInBody.has(codeOf(error)) ? withCause(cut(host), error) : nameFailure(error, host);
}

function sentenceFor(error: unknown): Sentence {
  const code = codeOf(error);
  const family = families.find(([prefix]) => code.startsWith(prefix));
  return sentences.get(code) ?? family?.[1] ?? cut;
}

function withCause(named: AppError, cause: unknown): AppError {
  const { code, message, retryAfterSeconds } = named;
  return new AppError(code, message, { cause, retryAfterSeconds });
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** For a connection that was never made: whatever stopped it, it is one and the same to tell. */
export function nameConnectFailure(error: unknown, host: string): AppError {
  const named = nameFailure(error, host);
  if (named.code !== "storage_unavailable" || sentenceFor(error) === noNameService) return named;
  return withCause(noConnection(host), error);
}

/** Says who can lift a refusal, and never which address the name led to. */
export function refuseAddress(verdict: Exclude<Verdict, "allowed">, host: string): AppError {
  return verdict === "private"
    ? new AppError(
        "storage_refused",
        `${host} is in a private network, to which this server does not connect by itself. The administrator of this server can allow it with the setting EGRESS_ALLOW.`,
      )
    : new AppError(
        "storage_refused",
        `${host} leads to this server itself or to a reserved address. Connections to such addresses cannot be allowed. Use the address at which other computers reach your storage.`,
      );
}

export function busy(): AppError {
  return new AppError(
    "busy",
    "This server has too many connections to storages open at the moment. Try again in a few seconds.",
    { retryAfterSeconds: 5 },
  );
}
