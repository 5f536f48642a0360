import Fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";
import { startServer } from "#tests/support/server.ts";
import { annasMedia } from "./jellyfin-people.ts";

/** Answers whatever is asked with this. */
async function startOther(status: number, body: unknown, headers: Record<string, string> = {}) {
  const app = Fastify();
  app.get("/*", (_request, reply) => reply.code(status).headers(headers).send(body));
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const bound = app.server.address();
  return `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`;
}

describe("an administrator", () => {
  test("trusts a media server as soon as it answers, and everybody can see its name", async () => {
    const { anna, jellyfin, server, site } = await annasMedia({ newUsers: false });
    expect(site).toEqual({
      url: jellyfin.url,
      name: "Media",
      product: "jellyfin",
      version: "12.0.0",
      newUsers: false,
      dependents: 0,
    });
    expect(await anna.api.admin.jellyfin.get.query()).toEqual(site);
    const { jellyfin: shown } = await server.guest().api.system.info.query();
    expect(shown).toEqual({ name: "Media", product: "jellyfin" });

    await anna.api.admin.jellyfin.remove.mutate();
    expect(await anna.api.admin.jellyfin.get.query()).toBeNull();
    const { events } = await anna.api.admin.audit.list.query({ action: "admin.jellyfin_changed" });
    expect(events.map(({ details }) => details)).toEqual([{ isOn: false }, { isOn: true }]);
  });

  test("may paste the address of a page in it", async () => {
    const { anna, jellyfin } = await annasMedia();
    for (const tail of ["/", "/web", "/web/index.html#!/home.html", "/?x=1#y"]) {
      const { url } = await anna.api.admin.jellyfin.set.mutate({
        url: jellyfin.url + tail,
        newUsers: false,
      });
      expect(url).toBe(jellyfin.url);
    }
  });

  test("is told why something else will not do, and nothing is changed by that", async () => {
    const { anna, site } = await annasMedia();
    const elsewhere = await startOther(302, "", { location: "https://other.example/x?token=1" });
    const unfinished = await startFakeJellyfin({ info: { StartupWizardCompleted: false } });
    const { port } = new URL(await startOther(200, {}));
    const wrong = [
      ["not an address", "invalid_input", "complete web address"],
      ["ftp://media.example", "storage_refused", "http"],
      [`http://ben:secret@127.0.0.1:${port}`, "storage_refused", "user name or password"],
      [await startOther(200, "<html>"), "storage_refused", "not a Jellyfin or Emby server"],
      [await startOther(200, { Id: "x" }), "storage_refused", "not a Jellyfin or Emby server"],
      [
        await startOther(200, { Id: "x", Version: "1", ProductName: "Plex" }),
        "storage_refused",
        "not a Jellyfin or Emby server",
      ],
      [await startOther(404, {}), "storage_refused", "not a Jellyfin or Emby server"],
      [await startOther(503, {}), "storage_unavailable", "a problem of its own"],
      [elsewhere, "storage_refused", "https://other.example,"],
      [unfinished.url, "storage_refused", "has not been set up"],
      ["http://127.0.0.1:22", "storage_refused", "Port 22"],
    ] as const;
    for (const [url, code, part] of wrong) {
      const refusal = await anna.api.admin.jellyfin.set
        .mutate({ url, newUsers: true })
        .catch(refusalOf);
      expect([url, refusal]).toEqual([
        url,
        expect.objectContaining({ code, message: expect.stringContaining(part) }),
      ]);
      expect(JSON.stringify(refusal)).not.toMatch(/secret|token/);
    }
    expect(await anna.api.admin.jellyfin.get.query()).toEqual(site);
  });

  test("cannot make this server ask itself or its network, unless that is allowed", async () => {
    const server = await startServer({ environment: { EGRESS_ALLOW_LOOPBACK: "0" } });
    const anna = await server.admin();
    const jellyfin = await startFakeJellyfin();
    for (const url of [jellyfin.url, "http://192.168.1.20:8096", "http://169.254.169.254"]) {
      const trying = anna.api.admin.jellyfin.set.mutate({ url, newUsers: true });
      expect([url, await trying.catch(refusalOf)]).toEqual([
        url,
        expect.objectContaining({ code: "storage_refused" }),
      ]);
    }
    expect(await anna.api.admin.jellyfin.get.query()).toBeNull();
  });
});

test("an answer that never ends, or makes no sense, lets nobody in and says what to do", async () => {
  const { anna, jellyfin, server } = await annasMedia();
  const { info } = { info: { Id: jellyfin.serverId, ServerName: "Media", Version: "12.0.0" } };
  const app = Fastify();
  app.get("/System/Info/Public", () => ({ ...info, ProductName: "Jellyfin Server" }));
  const answers: unknown[] = ["<html>", {}, { AccessToken: "a\r\nb" }, "x".repeat(1024 * 1024)];
  app.post("/Users/AuthenticateByName", () => answers[0]);
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const bound = app.server.address();
  const url = `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`;
  await anna.api.admin.jellyfin.set.mutate({ url, newUsers: true });
  for (; answers.length > 0; answers.shift()) {
    const trying = server.guest().api.auth.signInJellyfin.mutate({
      username: "Ben",
      password: "canary-nine-slow-oboes",
      rememberMe: false,
    });
    expect(await trying.catch(refusalOf)).toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining("Media does not answer as it should"),
    });
  }
});
