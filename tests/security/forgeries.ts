import { sql } from "drizzle-orm";
import type { Me } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { createAccessToken } from "#server/auth/access-token.ts";
import { createToken, hashToken } from "#server/auth/crypto.ts";
import { insertInvitation } from "#server/auth/invitation-store.ts";
import { replaceMailedToken } from "#server/auth/mailed-token-store.ts";
import { insertTicket } from "#server/auth/second-factor-store.ts";
import { createTicket } from "#server/auth/tickets.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { createPerson, signIn } from "#tests/auth/people.ts";
import type { TestServer } from "#tests/support/server.ts";
import type { NightShift } from "./night-shift.ts";

/** Where a request can carry something that opens a door. */
export const slots = [
  ...["access", "refresh", "pre", "device", "bearer", "csrf", "address"],
  ...["token", "setupToken", "ticket", "invitation", "code"],
] as const;
export type Slot = (typeof slots)[number];

export interface Key {
  readonly kind: string;
  readonly value: string;
  /** Where it opens something, because it is good: it must not be put there. */
  readonly opens: readonly Slot[];
}

/** Every kind of token that there is: good ones for other doors, and ones whose time is over. */
export async function collectKeys({ server, as }: NightShift): Promise<Key[]> {
  const keys: Key[] = [];
  const add = (kind: string, value: string | undefined, ...opens: Slot[]): void => {
    if (!value) throw new Error(`There is no ${kind}.`);
    keys.push({ kind, value, opens });
  };
  const cookie = (browser: Browser, name: string) => browser.cookies.get(`backline-${name}`);

  const { owner, suspended, admin } = as;
  for (const [who, { browser, csrf }] of Object.entries({ owner, admin })) {
    add(`${who}'s access`, cookie(browser, "access"), "access", "bearer");
    add(`${who}'s refresh`, cookie(browser, "refresh"), "refresh");
    add(`${who}'s device`, cookie(browser, "device"), "device");
    add(`${who}'s csrf`, csrf, "csrf");
  }
  add("suspended access", cookie(suspended.browser, "access"));
  add("suspended refresh", cookie(suspended.browser, "refresh"));
  await addEnded(server, add);
  await addForged(server, owner.browser, add);
  const elsewhere = await createTicket(
    server.deps,
    actorOf(await meOf(owner.browser)),
    "/stream/x",
  );
  add("a ticket for another song", elsewhere.text);
  await addLinks(server, (await meOf(owner.browser)).user.id, add);
  for (const junk of JUNK) add("junk", junk);
  return keys;
}

type Add = (kind: string, value: string | undefined, ...opens: Slot[]) => void;

const JUNK = [
  ...["x", "null", "undefined", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "A".repeat(43)],
  ...["A".repeat(3_000), "%00", "%E0%A4%A", "%ff%fe", "' or 1=1 --", "{{7*7}}", "__proto__"],
  ...["000000", "123456", "aaaa-aaaa-aaaa-aaaa", '"quoted"', "a=b", "[object Object]", "ÿþ"],
];

const actorOf = ({ user, sessionId }: Me): Actor => ({
  userId: user.id,
  sessionId,
  role: user.role,
});

const meOf = async (browser: Browser): Promise<Me> => (await browser.query("auth.me")).data as Me;

/** Of somebody who signed out, and of a session whose refresh token came back as a copy. */
async function addEnded({ baseUrl, deps }: TestServer, add: Add): Promise<void> {
  const carla = await createPerson(deps, "carla");
  const browser = openBrowser(baseUrl);
  await signIn(browser, carla);
  const csrf = await browser.csrfToken();
  const first = browser.cookies.get("backline-refresh");
  await browser.mutate("auth.refresh");
  add("an ended access", browser.cookies.get("backline-access"));
  add("an ended refresh", browser.cookies.get("backline-refresh"));
  add("a spent refresh", first);
  add("an ended csrf", csrf);
  await browser.mutate("auth.signOut");
}

/** Signed by us, and yet not good: of another time, for another person, for no session. */
async function addForged({ deps }: TestServer, browser: Browser, add: Add): Promise<void> {
  const { user, sessionId } = await meOf(browser);
  const issuedAt = Math.floor(Date.now() / 1000);
  const sign = (who: { userId: UserId; sessionId: SessionId; issuedAt: number }) =>
    createAccessToken(deps, who);
  const own = { userId: user.id, sessionId, issuedAt };
  add("an old access", await sign({ ...own, issuedAt: issuedAt - 3_600 }));
  add("a future access", await sign({ ...own, issuedAt: issuedAt + 3_600 }));
  add("an access as another", await sign({ ...own, userId: createId<UserId>(deps.now()) }));
  add("an access to nothing", await sign({ ...own, sessionId: createId<SessionId>(deps.now()) }));
  const [, payload = ""] = (browser.cookies.get("backline-access") ?? "").split(".");
  const none = '{"alg":"none","typ":"backline-access+jwt","kid":"test"}';
  add("an unsigned access", `${Buffer.from(none).toString("base64url")}.${payload}.`);
}

async function addLinks({ deps }: TestServer, userId: UserId, add: Add): Promise<void> {
  const [verify, reset, ticket, invitation] = Array.from({ length: 4 }, createToken);
  const mail = (kind: "verify" | "reset", token = "") => ({
    ...{ kind, userId, email: "canary-owner@band.example", passwordHash: null, name: null },
    tokenHash: hashToken(token),
  });
  await write(deps, async (tx) => {
    await replaceMailedToken(tx, mail("verify", verify), 3_600);
    await replaceMailedToken(tx, mail("reset", reset), 3_600);
    const tokenHash = hashToken(ticket ?? "");
    await insertTicket(tx, { tokenHash, userId, rememberMe: false }, 3_600);
    const id = createId<string>(deps.now());
    const invited = { tokenHash: hashToken(invitation ?? ""), id, email: null, createdBy: userId };
    await insertInvitation(tx, invited, 3_600);
    await tx.execute(sql`insert into setup_tokens (token_hash) values (${hashToken("old setup")})`);
  });
  add("a link", verify, "token");
  add("another link", reset, "token");
  add("a ticket", ticket, "ticket");
  add("an invitation", invitation, "invitation");
  add("a setup token", "old setup");
  add("a used link", createToken());
}

/** The same key, not quite. None of these may be as good as it was. */
export const spoilings: readonly ((value: string, other: string) => string)[] = [
  (value) => value.slice(1),
  (value) => value.slice(0, -5),
  (value) => value + value,
  (value) => `${value}.`,
  (value) => `.${value}`,
  (value) => [...value].toReversed().join(""),
  (value) => value.replace(/[a-zA-Z]/, (letter) => (letter === "x" ? "y" : "x")),
  (value) =>
    value.slice(0, value.length / 2) + (value.charAt(value.length / 2) === "q" ? "r" : "q"),
  (value, other) => value.slice(0, value.length / 2) + other.slice(other.length / 2),
  (value, other) => [...other.split(".").slice(0, -1), value.split(".").at(-1)].join("."),
  (value) => `${value.slice(0, 20)}%00${value.slice(20)}`,
];
