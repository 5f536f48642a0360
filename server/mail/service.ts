import { z } from "zod";
import { type Tx, write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import { type Letter, toHtml, toText } from "./letter.ts";
import * as store from "./store.ts";

/** A mail waits to be sent. */
export const mailQueued = defineJob("mail.queued", z.object({ mailId: z.uuid() }));

type MailDeps = Pick<Deps, "db" | "jobs" | "mailer" | "vault" | "log">;

/** In all about two days: mail servers are away for a night, not for a week. */
const MAX_TRIES = 20;
const FIRST_DELAY_SECONDS = 10;
const MAX_DELAY_SECONDS = 4 * 60 * 60;
/** What is done is kept for so long, to see that it was. */
const KEEP_DAYS = 30;

const Message = z.object({
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
});

/**
 * Puts a mail on its way: it is sent if and only if the transaction commits, once, and again later
 * while the mail server is away. What it says is sealed until then, because links in it open accounts.
 *
 * @param kind - a word for the log, such as `verify`.
 */
export async function sendLetter(
  deps: Pick<Deps, "jobs" | "now" | "vault">,
  tx: Tx,
  kind: string,
  to: string,
  letter: Letter,
): Promise<void> {
  const id = createId<string>(deps.now());
  const message = { to, subject: letter.subject, text: toText(letter), html: toHtml(letter) };
  const sealedMessage = deps.vault.seal(JSON.stringify(message), placeOf(id));
  await store.insertMail(tx, { id, kind, sealedMessage });
  await mailQueued.enqueue(deps, tx, { mailId: id });
}

/** Hands a mail that waits to the mail server; a failure is only a later try. */
export async function deliverMail(deps: MailDeps, mailId: string): Promise<void> {
  const mail = await store.findWaiting(deps.db, mailId);
  if (!mail) return;
  const message = Message.parse(JSON.parse(deps.vault.open(mail.sealedMessage, placeOf(mailId))));
  try {
    await deps.mailer.send({ id: mail.id, kind: mail.kind, ...message });
  } catch (error) {
    await settleFailure(deps, mail, error);
    return;
  }
  await write(deps, async (tx) => {
    await store.markSent(tx, mailId);
    await store.removeOld(tx, KEEP_DAYS);
  });
}

async function settleFailure(
  deps: MailDeps,
  mail: store.WaitingMail,
  error: unknown,
): Promise<void> {
  const isHopeless = isRefused(error) || mail.tries + 1 >= MAX_TRIES;
  // A mail server's answer may repeat the address.
  const said = { code: codeOf(error), answer: answerOf(error), tries: mail.tries + 1 };
  deps.log.warn({ mail: mail.kind, mailId: mail.id, ...said, isHopeless }, "a mail was not sent");
  await write(deps, async (tx) => {
    if (isHopeless) return store.markGivenUp(tx, mail.id);
    await store.markTried(tx, mail.id);
    const delaySeconds = Math.min(FIRST_DELAY_SECONDS * 2 ** mail.tries, MAX_DELAY_SECONDS);
    await mailQueued.enqueue(deps, tx, { mailId: mail.id }, { delaySeconds });
  });
}

export const sealedMails = defineSealedColumn({
  table: "mails",
  column: "sealed_message",
  reads: { id: "id" },
  place: ({ id }) => ({ rowId: id, ownerId: "outbox" }),
});

const placeOf = (id: string) => sealedMails.placeOf({ id });

const answerOf = (error: unknown): number | undefined =>
  error instanceof Error && "responseCode" in error && typeof error.responseCode === "number"
    ? error.responseCode
    : undefined;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unknown";

/** The mail server says that this mail will never be taken (RFC 5321 §4.2.1); a login may be mended. */
const isRefused = (error: unknown): boolean =>
  codeOf(error) !== "EAUTH" && (answerOf(error) ?? 0) >= 500;
