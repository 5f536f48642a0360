import type { Call } from "./call.ts";

type Asked = Pick<Call, "target" | "headers">;

/** All of a request for bytes, without the empty line at its end. */
export function toHead({ target, headers }: Asked): string {
  const { pathname, search, host } = target.url;
  let head = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  return head;
}

/** The same but for which part it asks for. */
export function toHeadWithoutRange({ target, headers }: Asked): string {
  const { range: _, ...others } = headers;
  return toHead({ target, headers: others });
}
