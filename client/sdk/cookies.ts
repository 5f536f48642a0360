/** Cookies for where no browser keeps them: tests and scripts against one server. */
export interface CookieJar {
  /** For the request header `cookie`; empty when there are none. */
  header(): string;
  /** Takes what an answer sets and forgets what it expires. */
  keep(response: Response): void;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>();
  return {
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    keep(response) {
      for (const line of response.headers.getSetCookie()) {
        const [pair = "", ...attributes] = line.split(";");
        const equals = pair.indexOf("=");
        if (equals < 1) continue;
        const name = pair.slice(0, equals).trim();
        if (isExpired(attributes)) cookies.delete(name);
        else cookies.set(name, pair.slice(equals + 1).trim());
      }
    },
  };
}

function isExpired(attributes: readonly string[]): boolean {
  return attributes.some((attribute) => {
    const [name = "", value = ""] = attribute.trim().split("=");
    if (/^max-age$/i.test(name)) return Number(value) <= 0;
    return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
  });
}
