import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { BandId } from "#contract/ids.ts";
import { MAX_PICTURE_BYTES } from "#contract/pictures.ts";
import { type Backline, refusalOf } from "#sdk/index.ts";
import { insertBand, insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, PASSWORD, type Person } from "#tests/auth/people.ts";
import { essenceOf } from "#tests/security/asking.ts";
import { hugePng, photograph, SVG } from "#tests/support/pictures.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";

async function annasServer() {
  const server = await startServer();
  const anna = await server.admin();
  const { user } = await anna.api.auth.me.query();
  return { server, anna, annaId: user.id };
}

async function signIn(server: TestServer, { email }: Person): Promise<Backline> {
  const device = server.guest();
  await device.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
  return device;
}

const me = async (device: Backline) => (await device.api.auth.me.query()).user;

const setPicture = (device: Backline, bytes: Buffer) =>
  device.api.account.picture.set.mutate({ picture: bytes.toString("base64") });

describe("a profile", () => {
  test("is what somebody says of themselves, written as everybody writes it", async () => {
    const { anna } = await annasServer();
    expect(await me(anna)).toMatchObject({ name: "Anna", locale: null, timeZone: null });
    const { updateProfile } = anna.api.account;
    await updateProfile.mutate({ name: " Anna B. ", locale: "de-ch", timeZone: "europe/zurich" });
    expect(await me(anna)).toMatchObject({
      name: "Anna B.",
      locale: "de-CH",
      timeZone: "Europe/Zurich",
    });
    const { events } = await anna.api.account.audit.list.query({});
    expect(events[0]?.action).toBe("account.profile_changed");
    await updateProfile.mutate({ name: "Anna", locale: null, timeZone: null });
    expect(await me(anna)).toMatchObject({ name: "Anna", locale: null, timeZone: null });
  });

  test("gives the band of one its name, until that has another one", async () => {
    const { anna, server } = await annasServer();
    const { updateProfile } = anna.api.account;
    const bandNames = async () => (await anna.api.bands.list.query()).map(({ name }) => name);
    await updateProfile.mutate({ name: "Anna B.", locale: null, timeZone: null });
    expect(await bandNames()).toEqual(["Anna B."]);
    await write(server.deps, (tx) => tx.execute(sql`update bands set name = 'The attic'`));
    await updateProfile.mutate({ name: "Anna C.", locale: null, timeZone: null });
    expect(await bandNames()).toEqual(["The attic"]);
  });

  test.each([
    { name: " " },
    { name: "An\u0000na" },
    { name: "x".repeat(101) },
    { locale: "" },
    { locale: "English, please" },
    { locale: "xx-XX" },
    { locale: `de-${"x".repeat(40)}` },
    { timeZone: "" },
    { timeZone: "Europe/Atlantis" },
    { timeZone: "+01:00" },
    { timeZone: "x".repeat(100) },
    { email: "mallory@band.example" },
    { role: "admin" },
  ])("with %j is refused, and nothing of it is kept", async (odd) => {
    const { anna } = await annasServer();
    const before = await me(anna);
    const input = { name: "Anna B.", locale: "de-CH", timeZone: "Europe/Zurich", ...odd };
    const refusal = await anna.api.account.updateProfile.mutate(input).catch(refusalOf);
    expect(refusal).toMatchObject({ code: "invalid_input" });
    expect(await me(anna)).toEqual(before);
  });
});

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#c03020" } });

/** What is served of somebody's picture. */
async function fetchPicture(device: Backline, size: "small" | "large" = "large") {
  const user = await me(device);
  const url = device.pictureUrl(user, size);
  if (url === null) throw new Error("There is no picture.");
  const answer = await device.fetch(url);
  return { answer, url, bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe("a picture", () => {
  test("of a phone is drawn anew, upright and square, without where it was taken", async () => {
    const { anna } = await annasServer();
    const taken = await photograph();
    expect((await sharp(taken).metadata()).exif).toBeInstanceOf(Buffer);
    expect(taken.includes("someone")).toBe(true);
    await setPicture(anna, taken);
    for (const [size, pixels] of [
      ["small", 96],
      ["large", 512],
    ] as const) {
      const { answer, bytes } = await fetchPicture(anna, size);
      expect(answer.headers.get("content-type")).toBe("image/webp");
      const drawn = await sharp(bytes).metadata();
      expect(drawn).toMatchObject({ format: "webp", width: pixels, height: pixels });
      expect([drawn.exif, drawn.orientation, drawn.xmp]).toEqual([undefined, undefined, undefined]);
      expect(bytes.includes("someone")).toBe(false);
    }
  });

  test("that moves stands still", async () => {
    const { anna } = await annasServer();
    const frames = await Promise.all(
      ["#f00", "#00f"].map((background) =>
        sharp({ create: { width: 20, height: 20, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const moving = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(moving).metadata()).pages).toBe(2);
    await setPicture(anna, moving);
    const { bytes } = await fetchPicture(anna);
    const drawn = await sharp(bytes).metadata();
    expect([drawn.pages ?? 1, drawn.height]).toEqual([1, 512]);
    const [red = 0, , blue = 255] = await sharp(bytes).raw().toBuffer();
    expect([red > 200, blue < 50]).toEqual([true, true]);
  });

  test.each([
    ["an SVG with a script", SVG, "unsupported_media_type"],
    [
      "a page",
      Buffer.from("<!doctype html><img src=x onerror=alert(1)>"),
      "unsupported_media_type",
    ],
    ["a PDF", Buffer.from("%PDF-1.7\n"), "unsupported_media_type"],
    ["nothing", Buffer.alloc(0), "unsupported_media_type"],
    ["the first bytes of a JPEG", Buffer.from("\xff\xd8\xff\xe0", "latin1"), "invalid_input"],
    ["900 million pixels", hugePng(), "payload_too_large"],
  ])("of %s is refused, and the one of before stays", async (_, bytes, code) => {
    const { anna } = await annasServer();
    await setPicture(anna, await photograph());
    const before = await me(anna);
    expect(await setPicture(anna, bytes).catch(refusalOf)).toMatchObject({
      code,
      message: expect.stringContaining("nothing was changed"),
    });
    expect(await me(anna)).toEqual(before);
  });

  test("that was cut off on its way is refused", async () => {
    const { anna } = await annasServer();
    const whole = await plain(800, 800).jpeg().toBuffer();
    const half = whole.subarray(0, whole.length / 2);
    expect(await setPicture(anna, half).catch(refusalOf)).toMatchObject({ code: "invalid_input" });
    expect((await me(anna)).pictureHash).toBeNull();
  });

  test("of too many pixels takes no memory", async () => {
    const { anna } = await annasServer();
    await setPicture(anna, await photograph());
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 10; n += 1) {
      await expect(setPicture(anna, hugePng())).rejects.toThrow();
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 ** 2);
  });

  test("has a largest size, which fits into a request, and is base64", async () => {
    const { anna } = await annasServer();
    const most = Buffer.concat([
      await plain(20, 20).png().toBuffer(),
      Buffer.alloc(MAX_PICTURE_BYTES),
    ]);
    await setPicture(anna, most.subarray(0, MAX_PICTURE_BYTES));
    const more = most.subarray(0, MAX_PICTURE_BYTES + 3);
    expect(await setPicture(anna, more).catch(refusalOf)).toMatchObject({ code: "invalid_input" });
    const { set } = anna.api.account.picture;
    const odd = await set
      .mutate({ picture: "data:image/png;base64,iVBORw0KGgo=" })
      .catch(refusalOf);
    expect(odd).toMatchObject({ code: "invalid_input" });
  });

  test("is kept by browsers for good under its own hash, and asked for anew without", async () => {
    const { anna } = await annasServer();
    await setPicture(anna, await photograph());
    const { answer, url } = await fetchPicture(anna);
    const etag = answer.headers.get("etag") ?? "";
    expect(answer.headers.get("cache-control")).toBe("private, max-age=2592000, immutable");
    const same = await anna.fetch(url, { headers: { "if-none-match": etag } });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const stale = await anna.fetch(url.replace(/v=.*/, "v=0"));
    expect([stale.status, stale.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);

    await setPicture(anna, await plain(50, 50).png().toBuffer());
    const next = await anna.fetch(url, { headers: { "if-none-match": etag } });
    expect([next.status, next.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
  });

  test("is gone when it is removed, and removing it again changes nothing", async () => {
    const { server, anna, annaId } = await annasServer();
    await setPicture(anna, await photograph());
    await anna.api.account.picture.remove.mutate();
    await anna.api.account.picture.remove.mutate();
    expect((await me(anna)).pictureHash).toBeNull();
    expect((await anna.fetch(`${server.baseUrl}/picture/${annaId}`)).status).toBe(404);
    const { events } = await anna.api.account.audit.list.query({
      action: "account.profile_changed",
    });
    expect(events).toHaveLength(2);
  });

  test("is for its owner and for whoever shares a band with them, and for nobody else there", async () => {
    const { server, anna } = await annasServer();
    const [ben, carla] = [
      await createPerson(server.deps, "ben"),
      await createPerson(server.deps, "carla"),
    ];
    const [bens, carlas] = [await signIn(server, ben), await signIn(server, carla)];
    await setPicture(bens, await photograph());
    const bandId = createId<BandId>(server.deps.now());
    await write(server.deps, async (tx) => {
      await insertBand(tx, { id: bandId, name: "Low Tide", isPersonal: false });
      await insertMember(tx, { bandId, userId: ben.userId, role: "owner" });
      await insertMember(tx, { bandId, userId: carla.userId, role: "listener" });
    });
    const path = `${server.baseUrl}/picture/${ben.userId}`;
    expect((await bens.fetch(path)).status).toBe(200);
    expect((await carlas.fetch(path)).status).toBe(200);
    expect((await anna.fetch(path)).status).toBe(404);
    expect((await server.guest().fetch(path)).status).toBe(401);

    const stranger = openBrowser(server.baseUrl);
    const { email, password } = await createPerson(server.deps, "dora");
    await stranger.mutate("auth.signIn", { email, password, rememberMe: false });
    const [real, random] = [
      await stranger.fetch(`/picture/${ben.userId}`),
      await stranger.fetch(`/picture/${randomUUID()}`),
    ];
    expect(real.status).toBe(404);
    expect(essenceOf(real)).toBe(essenceOf(random));

    await write(server.deps, (tx) =>
      tx.execute(sql`delete from members where user_id = ${carla.userId} and band_id = ${bandId}`),
    );
    expect((await carlas.fetch(path)).status).toBe(404);
  });

  test("is changed so often an hour, and then stays", async () => {
    const { anna } = await annasServer();
    const dot = await plain(1, 1).png().toBuffer();
    for (let n = 0; n < 30; n += 1) await setPicture(anna, dot);
    expect(await setPicture(anna, dot).catch(refusalOf)).toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: expect.any(Number),
    });
  });
});
