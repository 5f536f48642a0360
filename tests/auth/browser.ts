import type { WireError } from "#contract/errors.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What a procedure returned. */
  readonly data: unknown;
  /** Why it was refused. */
  readonly refusal: WireError | undefined;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  /** The lines of every `Set-Cookie` so far. */
  readonly setCookies: string[];
  fetch(path: string, init?: RequestInit): Promise<Answer>;
  query(path: string, input?: unknown): Promise<Answer>;
  /** With the current CSRF token, or the one that is given. */
  mutate(path: string, input?: unknown, options?: MutateOptions): Promise<Answer>;
  csrfToken(): Promise<string>;
  /** The same cookies in front of another server. */
  at(baseUrl: string): Browser;
}

export interface MutateOptions {
  /** `null`: none. */
  readonly csrf?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a browser does of its own accord: cookies, `Origin`, `Sec-Fetch-Site`. */
export function openBrowser(
  baseUrl: string,
  headers: Readonly<Record<string, string>> = {},
  memory: Pick<Browser, "cookies" | "setCookies"> = { cookies: new Map(), setCookies: [] },
): Browser {
  const { cookies, setCookies } = memory;

  const browser: Browser = {
    cookies,
    setCookies,
    async fetch(path, init = {}) {
      const response = await fetch(baseUrl + path, {
        ...init,
        redirect: "manual",
        headers: {
          "sec-fetch-site": "same-origin",
          ...(init.method === "POST" ? { origin: baseUrl } : {}),
          ...(cookies.size > 0 ? { cookie: toHeader(cookies) } : {}),
          ...headers,
          ...(init.headers as Record<string, string> | undefined),
        },
      });
      for (const line of response.headers.getSetCookie()) {
        setCookies.push(line);
        keep(cookies, line);
      }
      return toAnswer(response, await response.text());
    },
    query: (path, input) =>
      browser.fetch(
        `/trpc/${path}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
      ),
    async mutate(path, input, options = {}) {
      const csrf = options.csrf === undefined ? await browser.csrfToken() : options.csrf;
      return browser.fetch(`/trpc/${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(csrf === null ? {} : { "x-csrf-token": csrf }),
          ...options.headers,
        },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      });
    },
    async csrfToken() {
      const { data } = await browser.query("auth.csrf");
      return (data as { token: string }).token;
    },
    at: (other) => openBrowser(other, headers, memory),
  };
  return browser;
}

const toHeader = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(/; */);
  const [name = "", value = ""] = pair.split("=");
  if (attributes.some((each) => /^max-age=0$/i.test(each))) cookies.delete(name);
  else cookies.set(name, value);
}

interface Envelope {
  readonly code?: string;
  readonly result?: { readonly data?: unknown };
  readonly error?: { readonly data: { readonly app: WireError } };
}

function toAnswer(response: Response, text: string): Answer {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const body = isJson && text !== "" ? (JSON.parse(text) as Envelope | Envelope[]) : {};
  const first = Array.isArray(body) ? (body[0] ?? {}) : body;
  const refusal = first.error?.data.app ?? (first.code ? (first as WireError) : undefined);
  return {
    status: response.status,
    headers: response.headers,
    text,
    data: first.result?.data,
    refusal,
  };
}
