import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import type { Letter } from "#server/mail/letter.ts";
import { sendLetter } from "#server/mail/service.ts";
import { handlers } from "#server/worker.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";
import { linkIn, startMailServer } from "#tests/support/mail-server.ts";
import { startServer } from "#tests/support/server.ts";

const LETTER: Letter = {
  subject: "Bestätigen <b>Sie</b> 日本",
  greeting: "Hello Anna & Ben,",
  paragraphs: ["Somebody <script>alert(1)</script> did something with a canary."],
  action: { label: "Do it", url: "https://music.example/do#token=canary-4711&x=1" },
  notes: ["It was not you? Do nothing."],
};

async function outbox(environment: Record<string, string>) {
  const { log, lines } = recordLog();
  const deps = await testDeps({ environment, log });
  const send = (to: string) => write(deps, (tx) => sendLetter(deps, tx, "test", to, LETTER));
  const work = async () => {
    while (await deps.jobs.runNext(deps, handlers, AbortSignal.timeout(20_000)));
  };
  return { deps, lines, send, work };
}

const rowsOf = (deps: TestDeps) =>
  deps.db.execute<{
    sealed_message: string | null;
    tries: number;
    sent: boolean;
    given_up: boolean;
  }>(
    sql`select sealed_message, tries, sent_at is not null as sent, given_up_at is not null as given_up from mails`,
  );

/** Lets the later tries be due now. */
const passTime = (deps: TestDeps) =>
  write(deps, (tx) =>
    tx.execute(sql`update pgboss.job set start_after = now() where state < 'active'`),
  );

test("a mail arrives with its text and its markup, and what it says is forgotten", async () => {
  const mailServer = await startMailServer({ hasLogin: true });
  const { deps, send, work, lines } = await outbox({ SMTP_URL: mailServer.url });
  await send("anna@band.example");
  const [waiting] = await rowsOf(deps);
  expect(waiting?.sealed_message).toMatch(/^v1\./);
  expect(JSON.stringify(await deps.db.execute(sql`select * from mails`))).not.toContain("canary");
  await work();

  const mail = await mailServer.next("anna@band.example");
  expect(mail.subject).toBe(LETTER.subject);
  expect(mail.from?.address).toBe("backline@localhost");
  expect(linkIn(mail).href).toBe(LETTER.action?.url);
  expect(mail.html).toContain("&lt;script&gt;");
  expect(mail.html).not.toContain("<script");
  expect(mail.html).toContain('href="https://music.example/do#token=canary-4711&amp;x=1"');
  expect(mail.html).toContain("prefers-color-scheme: dark");
  expect(await rowsOf(deps)).toMatchObject([{ sealed_message: null, tries: 1, sent: true }]);
  expect(lines.join("")).not.toMatch(/canary|letters|anna@/);
});

test("while the mail server is away a mail waits, and arrives once when it is back", async () => {
  const mailServer = await startMailServer();
  const { deps, send, work, lines } = await outbox({ SMTP_URL: mailServer.url });
  mailServer.refuse({ code: 421, text: "busy with canary-4711" });
  await send("anna@band.example");
  await work();
  await passTime(deps);
  await work();
  expect(await rowsOf(deps)).toMatchObject([{ tries: 2, sent: false, given_up: false }]);
  mailServer.refuse(null);
  // Not before its time.
  await work();
  expect(mailServer.mails).toHaveLength(0);
  await passTime(deps);
  await work();
  await passTime(deps);
  await work();
  expect(mailServer.mails).toHaveLength(1);
  expect(lines.join("")).not.toContain("canary");
});

test("a mail server that nobody answers for costs a try, and nobody waits for it", async () => {
  const { deps, send, work } = await outbox({ SMTP_URL: "smtp://127.0.0.1:1" });
  await send("anna@band.example");
  await work();
  expect(await rowsOf(deps)).toMatchObject([{ tries: 1, sent: false, given_up: false }]);
});

test("nobody who registers waits for a mail server that says nothing, and each gets one mail when it does", {
  timeout: 120_000,
}, async () => {
  const mailServer = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: mailServer.url }, isWorking: true });
  const anna = await server.admin();
  await anna.api.admin.registration.set.mutate({ mode: "open" });
  const register = (name: string) =>
    server.guest().api.auth.register.mutate({
      ...{ name, email: `${name}@band.example`, password: "nine slow accordions" },
      invitation: null,
    });
  const goOn = mailServer.stall();
  await register("ben");
  await expect.poll(mailServer.waiting).toBe(1);
  // The server waits for the mail server, and still answers.
  await register("carla");
  await register("dora");
  expect(mailServer.mails).toHaveLength(0);
  goOn();
  const arrived = () => mailServer.mails.map(({ to }) => to?.[0]?.address).toSorted();
  const everybody = ["ben@band.example", "carla@band.example", "dora@band.example"];
  await expect.poll(arrived, { timeout: 60_000 }).toEqual(everybody);
  await expect
    .poll(async () => (await rowsOf(server.deps)).map(({ sent }) => sent), { timeout: 60_000 })
    .toEqual([true, true, true]);
  // What is done is not done again, whenever somebody looks.
  await passTime(server.deps);
  while (await server.deps.jobs.runNext(server.deps, handlers, AbortSignal.timeout(20_000)));
  expect(arrived()).toEqual(everybody);
});

test("a mail that is refused for good is given up, and so is what it said", async () => {
  const mailServer = await startMailServer();
  const { deps, send, work } = await outbox({ SMTP_URL: mailServer.url });
  mailServer.refuse({ code: 550, text: "no such person" });
  await send("nobody@band.example");
  await work();
  await passTime(deps);
  await work();
  expect(await rowsOf(deps)).toMatchObject([
    { sealed_message: null, tries: 1, sent: false, given_up: true },
  ]);
});

test("a wrong password for the mail server is not the mail's fault", async () => {
  const mailServer = await startMailServer({ hasLogin: true });
  const url = mailServer.url.replace("letters", "wrong");
  const { deps, send, work } = await outbox({ SMTP_URL: url });
  await send("anna@band.example");
  await work();
  expect(await rowsOf(deps)).toMatchObject([{ tries: 1, sent: false, given_up: false }]);
});

test("an address can't bring a second recipient or a header along", async () => {
  const mailServer = await startMailServer();
  const { send, work } = await outbox({ SMTP_URL: mailServer.url });
  await send("anna@band.example, eve@evil.example\r\nBcc: mallory@evil.example");
  await work();
  const recipients = mailServer.mails.flatMap(({ to, bcc }) => [...(to ?? []), ...(bcc ?? [])]);
  expect(recipients.map(({ address }) => address)).not.toContain("mallory@evil.example");
  expect(recipients.map(({ address }) => address)).not.toContain("eve@evil.example");
});

test("without a mail server mails are files that only their owner reads, and the log has no link", async () => {
  const { deps, send, work, lines } = await outbox({});
  await send("anna@band.example");
  await work();
  const folder = join(deps.config.dataDir, "mails");
  const [name = ""] = await readdir(folder);
  expect(name).toMatch(/\.eml$/);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, name), "utf8")).toContain("To: anna@band.example");
  expect(lines.join("")).toContain("kept as a file");
  expect(lines.join("")).not.toContain("canary");
});
