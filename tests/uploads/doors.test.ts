import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { BandId } from "#contract/ids.ts";
import { members, uploads } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import type { Answer } from "#tests/auth/browser.ts";
import {
  type NightShift,
  nightShift,
  type Principal,
  principals,
} from "#tests/security/night-shift.ts";
import {
  BYTES,
  createTus,
  metadataOf,
  offsetOf,
  pathOf,
  recording,
  type Tus,
} from "./uploading.ts";

const REFUSED: Partial<Record<Principal, [number, string]>> = {
  nobody: [401, "unauthenticated"],
  suspended: [401, "unauthenticated"],
  halfway: [401, "unauthenticated"],
  guest: [401, "unauthenticated"],
  stranger: [404, "not_found"],
  admin: [403, "forbidden"],
  listener: [403, "forbidden"],
};

const said = ({ status, refusal }: Answer): unknown => [status, refusal?.code];

const tusOf = ({ as }: NightShift, who: Principal): Tus =>
  createTus(as[who].browser, as[who].baseUrl);

const take = (bandId: string, sizeBytes = 10) => ({
  bandId: bandId as BandId,
  filename: "take.mp3",
  sizeBytes,
});

describe("uploads to a band", () => {
  test("are begun by its editors and owners, and nobody else learns whether there is such a band", async () => {
    const world = await nightShift();
    for (const who of principals) {
      const answer = await tusOf(world, who).create(take(world.theirs.bandId));
      if (REFUSED[who]) expect([who, said(answer)]).toEqual([who, REFUSED[who]]);
      else expect([who, answer.status]).toEqual([who, 201]);
    }
    const ofNothing = await tusOf(world, "stranger").create(take(randomUUID()));
    const ofTheirs = await tusOf(world, "stranger").create(take(world.theirs.bandId));
    expect(ofTheirs.text).toBe(ofNothing.text);
    expect(await world.server.deps.db.select().from(uploads)).toHaveLength(2);
  });

  test("are gone on with and given up by who began them, for as long as they may", async () => {
    const world = await nightShift();
    const { deps } = world.server;
    const editor = tusOf(world, "editor");
    const path = pathOf(await editor.create(take(world.theirs.bandId)));
    const bytes = recording(10);
    for (const who of principals) {
      if (who === "editor") continue;
      const expected =
        (REFUSED[who]?.[0] ?? 404) === 403 && who === "listener" ? 404 : (REFUSED[who]?.[0] ?? 404);
      const tus = tusOf(world, who);
      const answers = [
        await tus.head(path),
        await tus.patch(path, 0, bytes),
        await tus.remove(path),
      ];
      expect([who, answers.map(({ status }) => status)]).toEqual([who, Array(3).fill(expected)]);
      const nowhere = `/uploads/${randomUUID()}`;
      expect((await tus.remove(path)).text).toBe((await tus.remove(nowhere)).text);
    }
    expect(offsetOf(await editor.head(path))).toBe(0);

    const userId = world.as.editor.person?.userId ?? expect.unreachable();
    const become = (role: "listener" | "editor") =>
      write(deps, (tx) => tx.update(members).set({ role }).where(eq(members.userId, userId)));
    await become("listener");
    expect(said(await editor.patch(path, 0, bytes))).toEqual([403, "forbidden"]);
    expect(said(await editor.remove(path))).toEqual([403, "forbidden"]);
    await become("editor");
    expect((await editor.patch(path, 0, bytes)).status).toBe(204);
  });

  test("come from our own pages with a token, or with a bearer and no cookie", async () => {
    const world = await nightShift();
    const { browser, csrf, baseUrl } = world.as.editor;
    const wanted = take(world.theirs.bandId);
    const head = {
      "tus-resumable": "1.0.0",
      "upload-length": "10",
      "upload-metadata": metadataOf(wanted),
    };
    const ours = { ...head, origin: baseUrl, "x-csrf-token": csrf };
    const post = (headers: Record<string, string>) =>
      browser.fetch("/uploads", { method: "POST", headers });
    expect(said(await post({ ...ours, "x-csrf-token": "" }))).toEqual([403, "csrf_failed"]);
    expect(said(await post({ ...ours, origin: "https://evil.example" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(said(await post({ ...ours, "sec-fetch-site": "cross-site" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(said(await post({ ...ours, "sec-fetch-site": "same-site" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(said(await post({ ...ours, "tus-resumable": "" }))).toEqual([
      412,
      "precondition_failed",
    ]);
    expect(said(await post({ ...ours, "content-type": "text/plain" }))).toEqual([
      415,
      "unsupported_media_type",
    ]);
    const path = pathOf(await post({ ...ours, "content-type": "application/json" }));
    const patch = (headers: Record<string, string>) =>
      browser.fetch(path, { method: "PATCH", headers, body: new Uint8Array(10) });
    const right = { ...ours, "upload-offset": "0", "content-type": BYTES };
    expect(said(await patch({ ...right, "x-csrf-token": "" }))).toEqual([403, "csrf_failed"]);
    expect(said(await patch({ ...right, "sec-fetch-site": "cross-site" }))).toEqual([
      403,
      "forbidden",
    ]);
    for (const type of ["application/json", "text/plain", "application/octet-stream"]) {
      const answer = await patch({ ...right, "content-type": type });
      expect([type, answer.status]).toEqual([type, 415]);
    }
    const remove = await browser.fetch(path, {
      method: "DELETE",
      headers: { ...ours, "x-csrf-token": "" },
    });
    expect(said(remove)).toEqual([403, "csrf_failed"]);

    const token = [...browser.cookies].find(([name]) => name.endsWith("-access"))?.[1] ?? "";
    const bearer = await fetch(baseUrl + path, {
      method: "PATCH",
      headers: {
        "tus-resumable": "1.0.0",
        "upload-offset": "0",
        "content-type": BYTES,
        authorization: `Bearer ${token}`,
      },
      body: new Uint8Array(10),
    });
    expect(bearer.status).toBe(204);
  });
});

test("what is not tus 1.0.0 as we speak it is refused, and changes nothing", async () => {
  const world = await nightShift();
  const { browser, csrf, baseUrl } = world.as.editor;
  const options = await browser.fetch("/uploads", { method: "OPTIONS" });
  expect(options.status).toBe(204);
  expect(options.headers.get("tus-version")).toBe("1.0.0");
  expect(options.headers.get("tus-extension")).toBe("creation,expiration,termination");

  const wanted = take(world.theirs.bandId);
  const ours = { "tus-resumable": "1.0.0", origin: baseUrl, "x-csrf-token": csrf };
  const right = { ...ours, "upload-length": "10", "upload-metadata": metadataOf(wanted) };
  const post = (headers: Record<string, string>) =>
    browser.fetch("/uploads", { method: "POST", headers: { ...right, ...headers } });
  const other = await post({ "tus-resumable": "0.2.2" });
  expect([other.status, other.headers.get("tus-version")]).toEqual([412, "1.0.0"]);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const band = `bandId ${base64(wanted.bandId)}`;
  for (const headers of [
    ...["", "-1", "1.5", "1e3", "99999999999999999999", "ten"].map((length) => ({
      "upload-length": length,
    })),
    { "upload-metadata": "" },
    { "upload-metadata": band },
    { "upload-metadata": `filename ${base64("take.mp3")}` },
    { "upload-metadata": `${band},filename ***` },
    { "upload-metadata": `${band},filename ${base64("a.mp3")},filename ${base64("b.mp3")}` },
    { "upload-metadata": `${band},filename ${Buffer.from([0xff, 0xfe]).toString("base64")}` },
    { "upload-metadata": `${band},filename ${base64("notes.txt")}` },
    { "upload-metadata": `${band},filename ${base64("../../.mp3")}` },
    { "upload-metadata": metadataOf({ ...wanted, modified: "yesterday" }) },
  ]) {
    const answer = await post(headers);
    expect([headers, answer.status]).toEqual([headers, 400]);
    expect(answer.headers.get("tus-resumable")).toBe("1.0.0");
  }
  expect(await world.server.deps.db.select().from(uploads)).toEqual([]);

  const tus = tusOf(world, "editor");
  const made = await tus.create(wanted);
  const path = pathOf(made);
  const expires = Date.parse(made.headers.get("upload-expires") ?? "");
  expect(expires).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  expect(said(await tus.patch(path, 5, recording(5)))).toEqual([409, "conflict"]);
  expect(said(await tus.patch(path, 0, recording(11)))).toEqual([413, "payload_too_large"]);
  expect(said(await tus.patch(path, 0, recording(9)))).toEqual([400, "invalid_input"]);
  expect((await tus.patch(path, 0, Buffer.alloc(0))).status).toBe(204);
  const { status, headers } = await tus.head(path);
  expect([status, headers.get("cache-control"), headers.get("upload-offset")]).toEqual([
    200,
    "no-store",
    "0",
  ]);
  expect([headers.get("upload-length"), headers.get("tus-resumable")]).toEqual(["10", "1.0.0"]);
  // All of it is less than a part.
  const partSizes = [made, await tus.head(path)].map((each) =>
    each.headers.get("upload-part-size"),
  );
  expect(partSizes).toEqual(["10", "10"]);
  for (const [method, target] of [
    ["GET", path],
    ["PATCH", "/trpc/uploads.list"],
    ["DELETE", "/stream/x"],
    ["PUT", path],
  ] as const) {
    const answer = await browser.fetch(target, { method, headers: ours });
    expect([method, [404, 405].includes(answer.status)]).toEqual([method, true]);
  }
  expect((await tus.remove(path)).status).toBe(204);
  expect((await tus.head(path)).status).toBe(404);
});
