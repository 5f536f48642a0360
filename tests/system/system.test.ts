import { describe, expect, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { parseConfig } from "#server/config.ts";
import { listNotices } from "#server/system/service.ts";
import { createPerson, PASSWORD } from "#tests/auth/people.ts";
import { startServer } from "#tests/support/server.ts";

const SMTP_URL = "smtp://mail.example";

describe("what anyone may know of a server", () => {
  test("is its version, whether it waits for its first account, and what can be connected", async () => {
    const server = await startServer();
    const guest = server.guest();
    expect(await guest.api.system.info.query()).toEqual({
      version: "0.1.0",
      setupRequired: true,
      registration: "invite",
      jellyfin: null,
      hls: false,
      maintenance: null,
      providers: ["webdav", "s3", "jellyfin", "google-drive", "onedrive"],
    });
    await server.admin();
    expect((await guest.api.system.info.query()).setupRequired).toBe(false);
  });

  test("includes folders once the administrator allows some", async () => {
    const { guest } = await startServer({ environment: { FOLDER_ROOTS: "/srv" } });
    expect((await guest().api.system.info.query()).providers).toEqual([
      "folder",
      "webdav",
      "s3",
      "jellyfin",
      "google-drive",
      "onedrive",
    ]);
  });
});

describe("what an administrator is warned of", () => {
  const noticesOf = async (environment: Record<string, string>) => {
    const anna = await (await startServer({ environment })).admin();
    return (await anna.api.system.notices.query()).map((notice) => notice.id);
  };

  test("is storages on this machine", async () => {
    expect(await noticesOf({ SMTP_URL, EGRESS_ALLOW_LOOPBACK: "0" })).toEqual([]);
    expect(await noticesOf({ SMTP_URL, EGRESS_ALLOW_LOOPBACK: "1" })).toEqual(["loopback_egress"]);
  });

  test("is that nobody gets mails", async () => {
    expect(await noticesOf({ EGRESS_ALLOW_LOOPBACK: "0" })).toEqual(["mail_to_files"]);
  });

  test.each([
    ["http://192.168.1.10:3000", ["insecure_http"]],
    ["https://music.example", []],
    ["http://localhost:3000", []],
  ])("is plain http on a network: %s", (url, expected) => {
    const config = parseConfig({ PUBLIC_URL: url, INSECURE_HTTP: "1", SMTP_URL });
    const notices = listNotices({ config });
    expect(notices.map((notice) => notice.id)).toEqual(expected);
  });

  test("is nobody else's to know", async () => {
    const server = await startServer();
    await server.admin();
    const { email } = await createPerson(server.deps, "ben");
    const ben = server.guest();
    await ben.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
    const refusal = await ben.api.system.notices.query().catch(refusalOf);
    expect(refusal).toMatchObject({ code: "forbidden" });
    const nobody = await server.guest().api.system.notices.query().catch(refusalOf);
    expect(nobody).toMatchObject({ code: "unauthenticated" });
  });
});
