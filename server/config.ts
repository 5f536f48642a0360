import { join, resolve } from "node:path";
import { z } from "zod";
import type { KeyRing } from "#server/base/vault.ts";
import { type ProviderSettings, providerModules } from "#server/storage/registry.ts";
import { listContradictions } from "./contradictions.ts";
import { type HlsSettings, hlsVariables, toHls } from "./hls-variables.ts";
import {
  byteSize,
  cidrs,
  flag,
  isLoopbackHost,
  keyRing,
  origin,
  origins,
} from "./variable-kinds.ts";

/** What the server is told from outside, by purpose. */
export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  /**
   * - `web` answers people, holds the keys, and does the jobs that need them.
   * - `worker` scans: it has no key, and reads storages through a `web`.
   * - `all` does both.
   */
  readonly role: Role;
  readonly internal: {
    /** Where workers reach this server, apart from where people do; `null`: nowhere. */
    readonly listen: { readonly host: string; readonly port: number } | null;
    /** Where a worker reaches a server with keys; `null` for a server that has them. */
    readonly url: URL | null;
  };
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Where people reach us; every link and the origin check use it. */
    readonly publicUrl: URL;
    /** On this machine alone: plain http is fine, in every browser. */
    readonly isLoopback: boolean;
    /** Over https: `__Host-` cookies. */
    readonly isSecure: boolean;
    /** CIDRs of the proxies whose `X-Forwarded-For` counts. */
    readonly trustedProxies: readonly string[];
    /** Other websites whose pages may ask us, with a token of their own and never with cookies. */
    readonly corsOrigins: readonly string[];
    /** Storages that browsers may fetch recordings from, where a band's owner lets them. */
    readonly directOrigins: readonly string[];
  };
  readonly database: {
    /** `null`: the embedded one in `dataDir`. */
    readonly url: string | null;
    readonly poolSize: number;
  };
  /** Where servers count together; `null`: in the database. */
  readonly redisUrl: string | null;
  /** On, whatever the administrators have chosen. */
  readonly isInMaintenance: boolean;
  readonly keys: {
    /** `null`: kept in `dataDir`, made at the first start. */
    readonly encryption: KeyRing | null;
    readonly session: KeyRing | null;
  };
  readonly mail: {
    /** `null`: mails are kept as files in `dataDir`. */
    readonly smtpUrl: URL | null;
    readonly from: string;
  };
  readonly egress: { readonly allow: readonly string[]; readonly allowLoopback: boolean };
  /** Storages are looked at for changes so often while all is well; `null`: when somebody asks. */
  readonly watchSeconds: number | null;
  /** `null`: recordings are only sent as they are. */
  readonly hls: HlsSettings | null;
  /** Recordings that were played are kept for the next listener, in so many bytes at most; 0: none are. */
  readonly rangeCache: { readonly folder: string; readonly sizeBytes: number };
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace";
  readonly providers: ProviderSettings;
}

export type Role = "all" | "web" | "worker";

/** As a process gets it: names and texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are not a provider's own. `.env.example` lists them all. */
export const Variables = z.object({
  DATA_DIR: z.string().min(1).default("./data"),
  ROLE: z.enum(["all", "web", "worker"]).default("all"),
  INTERNAL_HOST: z.string().min(1).default("127.0.0.1"),
  INTERNAL_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  INTERNAL_URL: origin.optional(),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  PUBLIC_URL: origin.optional(),
  INSECURE_HTTP: flag,
  TRUST_PROXY: cidrs,
  CORS_ORIGINS: origins,
  DIRECT_ORIGINS: origins,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(500).default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  MAINTENANCE_MODE: flag,
  ENCRYPTION_KEYS: keyRing.optional(),
  SESSION_KEYS: keyRing.optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, "expected an address")
    .optional(),
  WATCH_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(15)
    .transform((seconds) => (seconds === 0 ? null : seconds)),
  ...hlsVariables,
  RANGE_CACHE_SIZE: byteSize.default(0),
  RANGE_CACHE_DIR: z.string().min(1).optional(),
  EGRESS_ALLOW: cidrs,
  EGRESS_ALLOW_LOOPBACK: flag,
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace"]).default("info"),
});

/** Secrets that may come as a file: `NAME_FILE` holds its path. */
export const SECRET_VARIABLES = [
  "DATABASE_URL",
  "REDIS_URL",
  "ENCRYPTION_KEYS",
  "SESSION_KEYS",
  "SMTP_URL",
  "GOOGLE_CLIENT_SECRET",
  "MICROSOFT_CLIENT_SECRET",
] as const;

/**
 * Reads the environment once, for everybody.
 *
 * @throws Error that names every variable that is not usable and repeats no value.
 */
export function parseConfig(environment: Environment): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const problems: z.core.$ZodIssue[] = [];
  const parse = <S extends z.ZodType>(schema: S): z.output<S> | undefined => {
    const parsed = schema.safeParse(given);
    if (!parsed.success) problems.push(...parsed.error.issues);
    return parsed.data;
  };
  const values = parse(Variables);
  const providers = Object.entries(providerModules).map(([id, { settings }]) => [
    id,
    parse(settings),
  ]);
  problems.push(...listContradictions(given));
  if (!values || problems.length > 0) throw unusable(problems);

  const publicUrl = new URL(values.PUBLIC_URL ?? `http://localhost:${values.PORT}`);
  return {
    dataDir: resolve(values.DATA_DIR),
    role: values.ROLE,
    internal: toInternal(values),
    http: {
      host: values.HOST,
      port: values.PORT,
      publicUrl,
      isLoopback: publicUrl.protocol === "http:" && isLoopbackHost(publicUrl.hostname),
      isSecure: publicUrl.protocol === "https:",
      trustedProxies: values.TRUST_PROXY,
      corsOrigins: values.CORS_ORIGINS,
      directOrigins: values.DIRECT_ORIGINS,
    },
    database: { url: values.DATABASE_URL ?? null, poolSize: values.DATABASE_POOL_SIZE },
    redisUrl: values.REDIS_URL ?? null,
    isInMaintenance: values.MAINTENANCE_MODE,
    keys: { encryption: values.ENCRYPTION_KEYS ?? null, session: values.SESSION_KEYS ?? null },
    mail: {
      smtpUrl: values.SMTP_URL === undefined ? null : new URL(values.SMTP_URL),
      from: values.MAIL_FROM ?? `Backline <backline@${publicUrl.hostname}>`,
    },
    egress: { allow: values.EGRESS_ALLOW, allowLoopback: values.EGRESS_ALLOW_LOOPBACK },
    watchSeconds: values.WATCH_SECONDS,
    hls: toHls(values, given.PATH),
    rangeCache: {
      folder: resolve(values.RANGE_CACHE_DIR ?? join(values.DATA_DIR, "range-cache")),
      sizeBytes: values.RANGE_CACHE_SIZE,
    },
    logLevel: values.LOG_LEVEL,
    // What did not parse is a problem, so all of it is there.
    providers: Object.fromEntries(providers) as ProviderSettings,
  };
}

function toInternal(values: z.output<typeof Variables>): Config["internal"] {
  const { ROLE, INTERNAL_HOST: host, INTERNAL_PORT: port, INTERNAL_URL: url } = values;
  if (ROLE === "worker") return { listen: null, url: new URL(url ?? "") };
  return { listen: port === undefined ? null : { host, port }, url: null };
}

/**
 * Fills `NAME` from the file that `NAME_FILE` points to.
 *
 * @throws Error when both are given or the file cannot be read; it repeats neither path nor content.
 */
export function withSecretFiles(
  environment: Environment,
  readFile: (path: string) => string,
): Environment {
  const filled: Record<string, string | undefined> = { ...environment };
  for (const name of SECRET_VARIABLES) {
    const path = environment[`${name}_FILE`];
    if (!path) continue;
    if (environment[name]) throw new Error(`${name} and ${name}_FILE are both set; keep one.`);
    try {
      filled[name] = readFile(path).trim();
    } catch (cause) {
      throw new Error(`${name}_FILE: the file cannot be read.`, { cause });
    }
  }
  return filled;
}

const unusable = (issues: readonly z.core.$ZodIssue[]): Error => {
  const lines = issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  return new Error(`The environment is not usable:\n${[...new Set(lines)].join("\n")}`);
};
