import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { BLOCK_BYTES } from "./range-cache-world.ts";
import { annasTake, type Place, random, SIZE, take } from "./short-way-world.ts";

const annasKept = (): Promise<Place> =>
  annasTake({ server: { environment: { RANGE_CACHE_SIZE: "200MB" } } });

const askedOf = ({ world }: Place): number => world.cloud.count({ method: "GET" });

/** Listens to as many bytes from the beginning, so that they are kept. */
async function keep(place: Place, bytes: number): Promise<void> {
  await place.openLine().ask(`bytes=0-${bytes - 1}`);
  await place.world.server.deps.rangeCache?.settled();
}

test("what is kept is given the short way, every byte of it, and no storage is asked", async () => {
  const place = await annasKept();
  await keep(place, SIZE);
  const line = await place.shortLine();
  const before = askedOf(place);
  place.world.cloud.fault({ status: 503 });
  let short = 0;
  for (let asked = 0; asked < 200; asked += 1) {
    const start = random(SIZE - 600_000);
    const end = start + random(600_000);
    const answer = await line.ask(`bytes=${start}-${end}`);
    expect(answer.status).toBe(206);
    expect(answer.body.equals(take.subarray(start, end + 1))).toBe(true);
    if (answer.isShort) short += 1;
  }
  expect(short).toBeGreaterThan(100);
  expect(askedOf(place)).toBe(before);
});

test("what is not kept is fetched, from where the kept part ends, and kept from then on", async () => {
  const place = await annasKept();
  await keep(place, 8 * BLOCK_BYTES);
  const line = await place.shortLine();
  const first = askedOf(place);
  const start = 7 * BLOCK_BYTES - 5;
  const end = 12 * BLOCK_BYTES - 1;
  for (const asked of [1, 1]) {
    const answer = await line.ask(`bytes=${start}-${end}`);
    expect(answer.body.equals(take.subarray(start, end + 1))).toBe(true);
    await place.world.server.deps.rangeCache?.settled();
    expect(askedOf(place)).toBe(first + asked);
  }
  // Nothing of this is here.
  const far = await line.ask("bytes=20000000-20000099");
  expect(far.body).toEqual(take.subarray(20_000_000, 20_000_100));
  expect(askedOf(place)).toBe(first + 2);
});

test("who takes it slowly, or leaves in the middle, spoils it for nobody", async () => {
  const place = await annasKept();
  await keep(place, SIZE);
  const wanted = Array.from({ length: 6 }, async (_, index) => {
    const line = await place.shortLine();
    const whole = line.say(line.toText(`bytes=${index}-${SIZE - 1}`));
    await line.hold();
    if (index % 2 === 1) {
      line.socket.destroy();
      await expect(whole).rejects.toThrow("cut");
      return undefined;
    }
    await new Promise((wake) => setTimeout(wake, 300));
    line.socket.resume();
    const [answer] = await whole;
    return answer?.body.equals(take.subarray(index));
  });
  expect(await Promise.all(wanted)).toEqual([true, undefined, true, undefined, true, undefined]);
});

test("when the file is another one by now, what was kept of the old one goes under its own name only", async () => {
  const place = await annasKept();
  await keep(place, 2 * BLOCK_BYTES);
  const line = await place.shortLine();
  const other = randomBytes(SIZE);
  place.world.cloud.tree.put("take.mp3", other);
  const etagOf = (text: string): string => /\r\netag: (\S+)/i.exec(text)?.[1] ?? "";
  const old = await line.ask("bytes=10-19");
  expect(old.body).toEqual(take.subarray(10, 20));
  // Nobody has that of the old one, so the storage says what there is now.
  const now = await line.ask("bytes=9000000-9000099");
  expect(now.body).toEqual(other.subarray(9_000_000, 9_000_100));
  expect(etagOf(now.head)).not.toBe(etagOf(old.head));
  const again = await line.ask("bytes=10-19");
  expect(again.body).toEqual(other.subarray(10, 20));
  expect(etagOf(again.head)).toBe(etagOf(now.head));
});
