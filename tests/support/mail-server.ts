import type { AddressInfo } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished } from "vitest";

/** A mail server that we did not write, and what it has taken. */
export interface MailServer {
  /** For `SMTP_URL`. */
  readonly url: string;
  readonly mails: readonly Email[];
  /** What it answers from now on instead of taking a mail. */
  refuse(answer: { readonly code: number; readonly text: string } | null): void;
  /** Takes connections and says nothing, until the returned function is called. */
  stall(): () => void;
  /** Whoever is connected and waits for a first word. */
  readonly waiting: () => number;
  /** Waits for the next mail to this address, and gives it out once. */
  next(to: string): Promise<Email>;
}

/** @param options.hasLogin - asks for the user `backline` with the password `letters`. */
export async function startMailServer(options: { hasLogin?: boolean } = {}): Promise<MailServer> {
  const mails: Email[] = [];
  const taken = new Set<Email>();
  const waiting = new Set<() => void>();
  let isStalled = false;
  let refusal: { readonly code: number; readonly text: string } | null = null;
  const server = new SMTPServer({
    authOptional: !options.hasLogin,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onConnect(_session, done) {
      if (isStalled) waiting.add(done);
      else done();
    },
    onAuth(auth, _session, done) {
      if (auth.username === "backline" && auth.password === "letters") done(null, { user: 1 });
      else done(new Error("Invalid username or password"));
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        if (refusal) {
          done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
          return;
        }
        mails.push(await PostalMime.parse(Buffer.concat(chunks)));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const login = options.hasLogin ? "backline:letters@" : "";

  const find = (to: string): Email | undefined =>
    mails.find((mail) => !taken.has(mail) && mail.to?.some((one) => isSame(one.address, to)));
  return {
    url: `smtp://${login}127.0.0.1:${port}`,
    mails,
    refuse: (answer) => {
      refusal = answer;
    },
    stall() {
      isStalled = true;
      return () => {
        isStalled = false;
        for (const done of waiting) done();
        waiting.clear();
      };
    },
    waiting: () => waiting.size,
    async next(to) {
      await expect.poll(() => find(to) !== undefined).toBe(true);
      const mail = find(to);
      if (!mail) throw new Error("It was there a moment ago.");
      taken.add(mail);
      return mail;
    },
  };
}

/** Mailers write the domain in small letters. */
const isSame = (one: string | undefined, other: string): boolean =>
  one?.toLowerCase() === other.toLowerCase();

/** The one address that a mail leads to. */
export function linkIn(mail: Email): URL {
  const [link] = /https?:\/\/\S+/.exec(mail.text ?? "") ?? [];
  if (!link) throw new Error("The mail leads nowhere.");
  return new URL(link);
}
