import { connect } from "node:net";

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; a name that came twice has its values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends exactly these bytes over a socket of its own and reads until the other side closes it; for
 * what no HTTP client would send. Ask for `connection: close` where the server would not by itself.
 */
export async function exchange(port: number, bytes: string): Promise<RawAnswer> {
  let received = "";
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (piece) => {
      received += piece;
    });
    // A server that has heard enough may cut the line while we still talk.
    socket.on("error", () => {}).once("close", () => resolve());
  });
  return parseAnswer(received);
}

/** A request without a body, as a browser's address bar would make it. */
export const ask = (
  port: number,
  target: string,
  headers: Record<string, string> = {},
  method = "GET",
) => exchange(port, requestText(method, target, headers));

export function requestText(
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body = "",
): string {
  const all: Record<string, string> = { host: "localhost", connection: "close", ...headers };
  if (body !== "") all["content-length"] = String(Buffer.byteLength(body));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function parseAnswer(received: string): RawAnswer {
  const [head = "", ...rest] = received.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const body = rest.join("\r\n\r\n");
  return {
    status: Number(statusLine.split(" ")[1]),
    headers,
    body: headers["transfer-encoding"] === "chunked" ? joinChunks(body) : body,
  };
}

/** Every chunk is `size in hex \r\n bytes \r\n` (RFC 9112 §7.1); what was cut off stays cut off. */
function joinChunks(body: string): string {
  let [joined, rest] = ["", body];
  for (let size = -1; size !== 0 && rest !== ""; ) {
    const end = rest.indexOf("\r\n");
    size = Number.parseInt(rest.slice(0, end), 16);
    joined += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
  return joined;
}
