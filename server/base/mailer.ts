import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Config } from "#server/config.ts";
import type { Deps } from "#server/deps.ts";

export interface OutgoingMail {
  /** Stays the same when a mail is sent again, so that mailboxes show it once. */
  readonly id: string;
  readonly kind: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Mailer {
  /** False: mails are only kept as files, because no SMTP server is set. */
  readonly isReal: boolean;
  /** Resolves when the mail server has taken the mail over. */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 30_000;
/** The newest ones are kept; they are for whoever sets the server up. */
const KEPT_FILES = 200;

/** Sends by SMTP where there is a server for it, else leaves each mail in `DATA_DIR/mails`. */
export const createMailer = (
  config: Pick<Config, "mail" | "dataDir" | "http">,
  log: Deps["log"],
): Mailer =>
  config.mail.smtpUrl === null
    ? createFileMailer(config, log)
    : createSmtpMailer(config, config.mail.smtpUrl);

function createSmtpMailer(config: Pick<Config, "mail" | "http">, url: URL): Mailer {
  const isSecure = url.protocol === "smtps:";
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || (isSecure ? 465 : 587),
    secure: isSecure,
    // A password is never sent in the clear, whatever the server offers.
    requireTLS: !isSecure && user !== "" && !isHere,
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    isReal: true,
    async send(mail) {
      await transport.sendMail(toMessage(config, mail));
    },
    close: () => transport.close(),
  };
}

function createFileMailer(
  config: Pick<Config, "mail" | "dataDir" | "http">,
  log: Deps["log"],
): Mailer {
  const folder = join(config.dataDir, "mails");
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  return {
    isReal: false,
    async send(mail) {
      const { message } = await transport.sendMail(toMessage(config, mail));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${mail.id}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600 });
      log.info({ mail: mail.kind, file }, "no SMTP server is set, so this mail is kept as a file");
      await removeOldFiles(folder);
    },
    close: () => transport.close(),
  };
}

/** Names begin with the time. */
async function removeOldFiles(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".eml")).toSorted();
  for (const name of names.slice(0, -KEPT_FILES)) await rm(join(folder, name), { force: true });
}

const toMessage = (
  { mail: { from }, http }: Pick<Config, "mail" | "http">,
  mail: OutgoingMail,
) => ({
  from,
  // As an object: nothing in an address can add a recipient or a header.
  to: { name: "", address: mail.to },
  subject: mail.subject,
  text: mail.text,
  html: mail.html,
  messageId: `<${mail.id}@${http.publicUrl.hostname}>`,
  headers: { "Auto-Submitted": "auto-generated" },
});
