import type { Visitor } from "./night-shift.ts";

/** One thing that a subscription says; pings and greetings are left out. */
export interface LiveEvent {
  /** `message` for a value, `serialized-error`, or `return` at its end. */
  readonly name: string;
  readonly data: unknown;
}

/** A subscription as it comes over the wire (server-sent events). */
export interface LiveAnswer {
  readonly headers: Headers;
  /** @returns `null` when it has ended. */
  next(): Promise<LiveEvent | null>;
  leave(): void;
}

const SILENT = new Set(["ping", "connected"]);

/** Subscribes as a browser would, with the visitor's cookies. */
export async function listen(
  { browser, baseUrl }: Visitor,
  path: string,
  input: unknown,
): Promise<LiveAnswer> {
  const leaving = new AbortController();
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const { headers, body } = await fetch(`${baseUrl}/trpc/${path}${query}`, {
    headers: { accept: "text/event-stream", "sec-fetch-site": "same-origin", cookie },
    signal: leaving.signal,
  });
  if (!body) throw new Error("A subscription has a body.");
  const events = readEvents(body);
  return {
    headers,
    async next() {
      const { value, done } = await events.next();
      return done ? null : value;
    },
    leave: () => leaving.abort(),
  };
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<LiveEvent> {
  const decoder = new TextDecoder();
  let received = "";
  for await (const piece of body) {
    received += decoder.decode(piece, { stream: true });
    const blocks = received.split("\n\n");
    received = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseEvent(block);
      if (!SILENT.has(event.name)) yield event;
    }
  }
}

function parseEvent(block: string): LiveEvent {
  const fieldOf = (name: string): string | undefined =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const data = fieldOf("data");
  return { name: fieldOf("event") ?? "message", data: data ? JSON.parse(data) : null };
}
