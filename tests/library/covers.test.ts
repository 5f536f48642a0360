import { sql } from "drizzle-orm";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeBmp } from "#server/base/bmp.ts";
import { sniffPicture } from "#server/base/picture.ts";
import { makeThumbnails } from "#server/library/picture.ts";
import { hugePng, SVG } from "#tests/support/pictures.ts";
import { annasStorage, listTracks, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { deedsOf, NOTHING, newestScan, rescan } from "./scanning.ts";

const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } });

const red = (): Promise<Buffer> => plain(900, 600, "#c03020").png().toBuffer();

/** 24 bits a pixel, from the bottom up: red above, blue below. */
function twoColourBmp(): Buffer {
  const [width, height, rowBytes] = [3, 2, 12];
  const bytes = Buffer.alloc(54 + rowBytes * height);
  bytes.write("BM", 0);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let x = 0; x < width; x += 1) {
    bytes[54 + x * 3] = 255;
    bytes[54 + rowBytes + x * 3 + 2] = 255;
  }
  return bytes;
}

async function countCovers({ server }: StorageWorld): Promise<number> {
  const [row] = await server.deps.db.execute<{ count: number }>(
    sql`select count(*)::int as count from covers`,
  );
  return row?.count ?? 0;
}

async function fetchCover({ anna }: StorageWorld, path: string, world: StorageWorld) {
  const track = await trackAt(world, path);
  const url = anna.coverUrl(track, "large");
  if (url === null) throw new Error("It has no cover.");
  const answer = await anna.fetch(url);
  return { answer, picture: sharp(Buffer.from(await answer.arrayBuffer())) };
}

describe("a picture is drawn anew", () => {
  test.each(["png", "jpeg", "webp", "gif", "avif"] as const)("from %s", async (format) => {
    const { small, large } = await makeThumbnails(
      await plain(900, 600, "#c03020").toFormat(format).toBuffer(),
    );
    expect(await sharp(small).metadata()).toMatchObject({ format: "webp", width: 96, height: 96 });
    expect(await sharp(large).metadata()).toMatchObject({
      format: "webp",
      width: 640,
      height: 427,
    });
  });

  test("from BMP", async () => {
    const { large } = await makeThumbnails(twoColourBmp());
    expect(await sharp(large).metadata()).toMatchObject({ format: "webp", width: 3, height: 2 });
    expect([...decodeBmp(twoColourBmp(), 100).data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  test("without what the camera wrote into it, and the right way up", async () => {
    const turned = await plain(400, 200, "#123456")
      .withExif({ IFD0: { Artist: "someone at home" }, IFD3: { GPSLatitude: "52/1 30/1 0/1" } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { large, small } = await makeThumbnails(turned);
    expect(await sharp(large).metadata()).toMatchObject({ width: 200, height: 400 });
    for (const each of [large, small]) {
      expect((await sharp(each).metadata()).exif).toBeUndefined();
      expect(each.includes("someone")).toBe(false);
    }
  });

  test.each([
    ["SVG", SVG],
    ["a page", Buffer.from("<!doctype html><img src=x onerror=alert(1)>")],
    ["a PDF", Buffer.from("%PDF-1.7\n")],
    ["nothing", Buffer.alloc(0)],
    ["half a PNG", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
    ["a BMP that claims more than it has", twoColourBmp().subarray(0, 60)],
    ["a picture of 900 million pixels", hugePng()],
  ])("but not from %s", async (_, bytes) => {
    await expect(makeThumbnails(bytes)).rejects.toThrow();
  });

  test("of 40 million pixels, and not of more", async () => {
    const most = await plain(8_000, 5_000, "#fff").png().toBuffer();
    await expect(makeThumbnails(most)).resolves.toHaveProperty("small");
    const more = await plain(8_001, 5_000, "#fff").png().toBuffer();
    await expect(makeThumbnails(more)).rejects.toThrow("pixel");
  });

  test("and one that is refused takes no memory", async () => {
    const before = process.memoryUsage().rss;
    await expect(makeThumbnails(hugePng())).rejects.toThrow();
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 ** 2);
  });

  test("only what is a picture by its bytes is one", () => {
    expect(sniffPicture(SVG)).toBeUndefined();
    expect(sniffPicture(Buffer.from(`<?xml version="1.0"?>${SVG}`))).toBeUndefined();
    expect(sniffPicture(Buffer.from("RIFF0000WAVE"))).toBeUndefined();
  });
});

test("a browser that has the cover is told so, and keeps it for good under its own hash", async () => {
  const picture = await red();
  const world = await annasStorage((cloud) => cloud.tree.put("a.mp3", mp3({}, 0.3, picture)));
  const track = await trackAt(world, "a.mp3");
  const { anna } = world;
  const url = anna.coverUrl(track, "small") ?? "";
  const first = await anna.fetch(url);
  const etag = first.headers.get("etag") ?? "";
  expect(first.headers.get("cache-control")).toContain("immutable");
  const ask = (tag: string, at = url) => anna.fetch(at, { headers: { "if-none-match": tag } });

  const same = await ask(etag);
  expect([same.status, same.headers.get("etag"), await same.text()]).toEqual([304, etag, ""]);
  expect((await ask('"another"')).status).toBe(200);
  const large = anna.coverUrl(track, "large") ?? "";
  expect((await ask(etag, large)).status).toBe(200);
  const stale = await anna.fetch(url.replace(/v=[^&]+/, "v=0"));
  expect(stale.headers.get("cache-control")).toBe("private, no-cache");
});

describe("a scan", () => {
  test("keeps the cover of an album once, and everybody in the band sees it", async () => {
    const picture = await red();
    const world = await annasStorage((cloud) => {
      for (let index = 0; index < 12; index += 1) {
        cloud.tree.put(`Low/${index}.mp3`, mp3({ TIT2: `${index}` }, 0.3, picture));
      }
    });
    const hashes = new Set((await listTracks(world)).map((track) => track.coverHash));
    expect(hashes.size).toBe(1);
    expect(await countCovers(world)).toBe(1);
    const { answer, picture: seen } = await fetchCover(world, "Low/3.mp3", world);
    expect(answer.headers.get("content-type")).toBe("image/webp");
    expect(await seen.metadata()).toMatchObject({ format: "webp", width: 640 });
  });

  test("takes the picture that lies beside recordings that have none of their own", async () => {
    const [own, beside] = [await red(), await plain(50, 50, "#0000ff").jpeg().toBuffer()];
    const world = await annasStorage((cloud) => {
      cloud.tree.put("Low/1.mp3", mp3({ TIT2: "1" }));
      cloud.tree.put("Low/2.mp3", mp3({ TIT2: "2" }, 1, own));
      cloud.tree.put("Low/Cover.JPG", beside);
      cloud.tree.put("Low/back.jpg", own);
      cloud.tree.put("Low/B-sides/3.mp3", mp3({ TIT2: "3" }));
      cloud.tree.put("4.mp3", mp3({ TIT2: "4" }));
    });
    const hashOf = async (path: string) => (await trackAt(world, path)).coverHash;
    const [first, second] = [await hashOf("Low/1.mp3"), await hashOf("Low/2.mp3")];
    expect(first).not.toBeNull();
    expect(second).not.toBeNull();
    expect(second).not.toBe(first);
    expect(await hashOf("Low/B-sides/3.mp3")).toBeNull();
    expect(await hashOf("4.mp3")).toBeNull();
    const { picture } = await fetchCover(world, "Low/1.mp3", world);
    expect((await picture.metadata()).width).toBe(50);

    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
    expect(await hashOf("Low/1.mp3")).toBe(first);
  });

  test("finds a picture that was put beside an album later", async () => {
    const world = await annasStorage((cloud) => cloud.tree.put("Low/1.mp3", mp3({ TIT2: "1" })));
    world.cloud.tree.put("Low/folder.png", await red());
    await rescan(world);
    expect((await trackAt(world, "Low/1.mp3")).coverHash).not.toBeNull();
  });

  test.each([
    ["an SVG with a script", SVG],
    ["a bomb", hugePng()],
    ["rubbish", Buffer.alloc(5_000, "x")],
  ])("reads a recording whose picture is %s, and leaves the picture out", async (_, picture) => {
    const world = await annasStorage((cloud) => {
      cloud.tree.put("Low/1.mp3", mp3({ TIT2: "One" }, 1, picture));
      cloud.tree.put("Low/cover.png", picture);
    });
    expect(await trackAt(world, "Low/1.mp3")).toMatchObject({
      state: "present",
      title: "One",
      coverHash: null,
    });
    expect(await newestScan(world)).toMatchObject({ state: "done", failed: 0 });
    expect(await countCovers(world)).toBe(0);
  });
});
