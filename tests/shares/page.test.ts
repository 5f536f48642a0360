import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { SharedLink } from "#contract/shares.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { createClientBuild } from "#tests/support/client-build.ts";
import { recordLog } from "#tests/support/log.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";
import { shareList, withLists } from "./lists.ts";
import { listener, open, type SharingWorld, share, tokenOf } from "./sharing.ts";

const EVIL = `</title><script>alert("1")</script>'&$&$1`;

async function annasSong(title: string): Promise<SharingWorld & { readonly lines: string[] }> {
  const { log, lines } = recordLog();
  const picture = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "#802040" },
  })
    .png()
    .toBuffer();
  const world = await annasStorage(
    (cloud) => cloud.tree.put("song.mp3", mp3({ TIT2: title, TPE1: "Low & Tide" }, 1, picture)),
    { server: { log, clientDir: await createClientBuild() } },
  );
  const track = await trackAt(world, "song.mp3");
  return { ...world, track, other: track, lines };
}

const pageOf = async ({ server }: SharingWorld, path: string) => {
  const answer = await fetch(server.baseUrl + path, { headers: { accept: "text/html" } });
  return { status: answer.status, headers: answer.headers, html: await answer.text() };
};

const coverOf = (world: SharingWorld, { path }: SharedLink, from: typeof fetch = fetch) =>
  from(`${world.server.baseUrl}${path}/cover?size=large`);

describe("the page of a link", () => {
  test("tells those that show a preview what it leads to", async () => {
    const world = await annasSong("Harbour Lights");
    const link = await share(world);
    const { html, status, headers } = await pageOf(world, link.path);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(html).toContain("<title>Harbour Lights – Low &amp; Tide</title>");
    const { origin } = world.server.deps.config.http.publicUrl;
    for (const line of [
      `<meta property="og:title" content="Harbour Lights" />`,
      `<meta property="og:type" content="music.song" />`,
      `<meta property="og:url" content="${origin}${link.path}" />`,
      `<meta property="og:image" content="${origin}${link.path}/cover?size=large" />`,
    ]) {
      expect(html).toContain(line);
    }
    expect(html).not.toContain(world.bandId);
  });

  test("shows what people wrote as text, whatever it is, under a policy that would stop it", async () => {
    const world = await annasSong(EVIL);
    const { html, headers } = await pageOf(world, (await share(world)).path);
    const plain = await pageOf(world, "/");
    expect(html.match(/<script/g)).toEqual(plain.html.match(/<script/g));
    expect(html).toContain(
      `content="&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;$&amp;$1"`,
    );
    expect(headers.get("content-security-policy")).toContain("'strict-dynamic'");
  });

  test("to a list tells its name, its day and how much is in it, as text", async () => {
    const world = await withLists(await annasSong(EVIL));
    const { playlistId, rehearsalId } = world;
    const list = await pageOf(world, (await shareList(world, { playlistId })).path);
    const day = await pageOf(world, (await shareList(world, { rehearsalId })).path);
    for (const [html, title, description] of [
      [list.html, "Set &lt;list&gt;", "1 recording"],
      [day.html, "In the cellar", "2026-03-14 · 1 recording"],
    ] as const) {
      expect(html).toContain(`<title>${title}</title>`);
      expect(html).toContain(`<meta property="og:type" content="music.playlist" />`);
      expect(html).toContain(`<meta property="og:title" content="${title}" />`);
      expect(html).toContain(`<meta property="og:description" content="${description}" />`);
      expect(html).toContain("/cover?size=large");
      expect(html).not.toContain("late");
    }
  });

  test("tells nothing where a password is asked for, and the same as of a link that leads nowhere", async () => {
    const world = await annasSong("Harbour Lights");
    const link = await share(world, {}, "eleven green bassoons");
    const [ours, none] = await Promise.all([
      pageOf(world, link.path),
      pageOf(world, `/s/${"A".repeat(43)}`),
    ]);
    const bare = (html: string) => html.replaceAll(/nonce="[^"]*"|nonce-[\w+/=]+/g, "");
    expect(bare(ours.html)).toBe(bare(none.html));
    expect(ours.html).not.toContain("Harbour");
    expect(ours.html).not.toContain("og:");
  });

  test.each([
    "/s/x",
    "/s/..%2F..%2Fetc",
    `/s/${"A".repeat(43)}%00`,
    `/s/${"A".repeat(200)}`,
    "/s/%3Cscript%3E",
  ])("%s is a page that leads nowhere", async (path) => {
    const world = await annasSong("Harbour Lights");
    const { html, status } = await pageOf(world, path);
    expect(status).toBe(200);
    expect(html).not.toContain("og:");
  });
});

describe("the cover", () => {
  test("of a recording is there for as long as the link leads to it", async () => {
    const world = await withLists(await annasSong("Harbour Lights"));
    const { playlistId, track, anna } = world;
    const link = await shareList(world, { playlistId });
    const of = `${world.server.baseUrl}${link.path}/cover?size=large&track=`;
    expect((await fetch(of + track.id)).status).toBe(200);
    expect((await fetch(of + crypto.randomUUID())).status).toBe(404);
    const { items } = await anna.api.playback.playlists.items.query({ playlistId });
    const itemIds = items.map(({ id }) => id);
    await anna.api.playback.playlists.removeItems.mutate({ playlistId, itemIds });
    expect((await fetch(of + track.id)).status).toBe(404);
  });

  test("is there for who has the link", async () => {
    const world = await annasSong("Harbour Lights");
    const link = await share(world);
    const answer = await coverOf(world, link);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
    expect((await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).width).toBe(64);
  });

  test("is there for guests only, where a password is asked for", async () => {
    const world = await annasSong("Harbour Lights");
    const link = await share(world, {}, "eleven green bassoons");
    expect((await coverOf(world, link)).status).toBe(401);
    const guest = world.server.guest();
    await open(guest, link, "eleven green bassoons");
    expect((await coverOf(world, link, guest.fetch)).status).toBe(200);
    // The guest of another link is none of this one.
    const other = await listener(world, await share(world));
    expect((await coverOf(world, link, other.fetch)).status).toBe(401);
    await world.anna.api.playback.shares.remove.mutate({ shareId: link.share.id });
    expect((await coverOf(world, link, guest.fetch)).status).toBe(404);
  });
});

test("the secret of a link is in no line of the log", async () => {
  const world = await annasSong("Harbour Lights");
  const link = await share(world, {}, "eleven green bassoons");
  await pageOf(world, link.path);
  await coverOf(world, link);
  const guest = await listener(world, link, "eleven green bassoons");
  await coverOf(world, link, guest.fetch);
  await expect.poll(() => world.lines.join("\n")).toContain("/s/:shareToken/cover");
  expect(world.lines.join("\n")).not.toContain(tokenOf(link));
  expect(world.lines.join("\n")).not.toContain("bassoons");
});
