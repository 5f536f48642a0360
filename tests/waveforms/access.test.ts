import { describe, expect, test } from "vitest";
import { WaveformAbsence } from "#contract/waveforms.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, signIn } from "#tests/auth/people.ts";
import { annasTake, type DrawingWorld, wav } from "./drawing-world.ts";

async function drawn(): Promise<DrawingWorld & { hash: string }> {
  const world = await annasTake();
  await world.drawAll();
  const hash = (await world.waveform()).headers.get("x-content-hash") ?? "";
  return { ...world, hash };
}

const bytesOf = async (answer: Response): Promise<Buffer> =>
  Buffer.from(await answer.arrayBuffer());

describe("a waveform", () => {
  test("is sent at every zoom, and kept for good by whoever knows which it is", async () => {
    const { waveform, hash } = await drawn();
    const samples = (wav.length - 44) / 2;
    const whole = await waveform();
    expect(whole.headers.get("cache-control")).toBe("private, no-cache");
    expect(whole.headers.get("content-type")).toBe("application/octet-stream");
    expect((await bytesOf(whole)).readUInt32LE(16)).toBe(Math.ceil(samples / 256));
    const wide = await bytesOf(await waveform("?zoom=1000"));
    expect([wide.readInt32LE(8), wide.readInt32LE(12)]).toEqual([8_000, 1_024]);
    expect(wide.readUInt32LE(16)).toBe(Math.ceil(samples / 1_024));
    const kept = await waveform(`?v=${hash}`);
    expect(kept.headers.get("cache-control")).toBe("private, max-age=2592000, immutable");
    const etag = kept.headers.get("etag") ?? "";
    expect((await waveform("", { headers: { "if-none-match": etag } })).status).toBe(304);
    const others = ["?zoom=512", "?format=json", "?zoom=512&format=json"];
    for (const query of others) {
      const other = await waveform(query, { headers: { "if-none-match": etag } });
      expect([query, other.status]).toEqual([query, 200]);
    }
    const etags = await Promise.all(
      ["", ...others].map(async (query) => (await waveform(query)).headers.get("etag")),
    );
    expect(new Set(etags).size).toBe(etags.length);
    const outdated = await waveform(
      `?v=${hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))}`,
    );
    expect(outdated.headers.get("cache-control")).toBe("private, no-cache");
    for (const query of ["?zoom=1", "?zoom=abc", "?format=exe"]) {
      expect([query, (await waveform(query)).status]).toEqual([query, 400]);
    }
  });

  test("is offered as files of audiowaveform", async () => {
    const { waveform } = await drawn();
    const dat = await waveform("?format=dat");
    expect(dat.headers.get("content-disposition")).toContain('filename="take 1.dat"');
    const bytes = await bytesOf(dat);
    const json = await waveform("?format=json");
    expect(json.headers.get("content-disposition")).toContain('filename="take 1.json"');
    expect(json.headers.get("content-type")).toContain("application/json");
    const told = (await json.json()) as { length: number; data: number[] };
    expect(told).toMatchObject({ version: 2, channels: 1, bits: 8, samples_per_pixel: 256 });
    expect(told.data).toEqual([...new Int8Array(bytes.subarray(24))]);
    expect(told.data.length).toBe(2 * told.length);
  });

  test("that there is not has a reason", async () => {
    const world = await annasTake();
    const waiting = await world.waveform();
    expect([waiting.status, waiting.headers.get("cache-control")]).toEqual([404, "no-store"]);
    expect(WaveformAbsence.parse(await waiting.json())).toMatchObject({
      code: "not_found",
      reason: "waiting",
      retryAfterSeconds: 3,
    });
  });

  test("is for the band, for who has a ticket, and for guests of a link to it", async () => {
    const world = await drawn();
    const { server, track, anna } = world;
    const path = `/waveform/${track.id}`;
    const at = (url: string) => fetch(server.baseUrl + url).then(({ status }) => status);
    expect(await at(path)).toBe(401);
    const ben = openBrowser(server.baseUrl);
    await signIn(ben, await createPerson(server.deps, "ben"));
    expect((await ben.fetch(path)).status).toBe(404);

    const ticket = await anna.api.playback.ticket.query({ trackId: track.id, use: "waveform" });
    expect(await at(ticket.path)).toBe(200);
    expect(await at(`/stream/${track.id}?${ticket.path.split("?")[1]}`)).toBe(401);

    const terms = { expiresAt: null, playLimit: null, canDownload: false };
    const order = { trackId: track.id, terms, password: null };
    const link = await anna.api.playback.shares.create.mutate(order);
    const guest = server.guest();
    const asGuest = () => guest.fetch(guest.waveformUrl(track.id, link.share.id));
    expect((await asGuest()).status).toBe(401);
    const token = link.path.slice("/s/".length);
    await guest.api.playback.shares.open.mutate({ token, password: null });
    expect((await asGuest()).status).toBe(200);
    const other = guest.waveformUrl(crypto.randomUUID() as typeof track.id, link.share.id);
    expect((await guest.fetch(other)).status).toBe(404);
    await anna.api.playback.shares.remove.mutate({ shareId: link.share.id });
    expect((await asGuest()).status).toBe(401);
  });
});
