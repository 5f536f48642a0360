import { describe, expect, test } from "vitest";
import type { BandId, UploadId } from "#contract/ids.ts";
import type { UploadOrder } from "#sdk/index.ts";
import { createQueue, isUnderWay } from "../../client/app/uploads/queue.ts";
import { createSpeedometer } from "../../client/app/uploads/speed.ts";

const band = "00000000-0000-7000-8000-00000000000b" as BandId;
const idOf = (name: string) => `id of ${name}` as UploadId;
const lost = new Error("gone");

const tape = (name: string, sizeBytes = 1000): File =>
  new File([new Uint8Array(sizeBytes)], name, { lastModified: Date.UTC(2026, 2, 14, 12) });

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A tab, and a line that does what it is told. */
function annasTab() {
  const sent = new Map<string, { order: UploadOrder; end: PromiseWithResolvers<UploadId> }>();
  const asked: string[] = [];
  const discarded: UploadId[] = [];
  const changes: string[] = [];
  const clock = { ms: 0 };
  const queue = createQueue({
    uploadFile(order) {
      asked.push(order.name);
      const end = Promise.withResolvers<UploadId>();
      sent.set(order.name, { order, end });
      order.signal?.addEventListener("abort", () => end.reject(order.signal?.reason));
      return end.promise;
    },
    discardUpload: async (id) => void discarded.push(id),
    now: () => clock.ms,
    isLost: (error) => error === lost,
    noteChange: ({ file, state }) => void changes.push(`${file.name} ${state}`),
  });
  const sending = (name: string) => {
    const found = sent.get(name);
    if (!found) throw new Error(`${name} is not sent.`);
    return found;
  };
  const find = (name: string) => {
    const found = queue.state.get().find(({ file }) => file.name === name);
    if (!found) throw new Error(`${name} is not in the list.`);
    return found;
  };
  return {
    ...{ queue, asked, discarded, changes, clock, find },
    orderOf: (name: string) => sending(name).order,
    begins: (name: string) => sending(name).order.onBegun?.(idOf(name)),
    comesTo: (name: string, bytes: number) => sending(name).order.onProgress?.(bytes),
    isHeldUp: (name: string, error: unknown) => sending(name).order.onPause?.(error, 1000),
    async ends(name: string) {
      sending(name).end.resolve(idOf(name));
      await settle();
    },
    async fails(name: string, error: unknown) {
      sending(name).end.reject(error);
      await settle();
    },
    add: (...names: string[]) => {
      for (const name of names) queue.add(band, tape(name));
    },
    states: () => queue.state.get().map(({ file, state }) => `${file.name} ${state}`),
  };
}

describe("the uploads of a tab", () => {
  test("go two at a time, in the order in which they were chosen, whatever becomes of one", async () => {
    const { asked, add, ends, fails, states, queue } = annasTab();
    add("a", "b", "c", "d", "e");
    expect(asked).toEqual(["a", "b"]);
    await ends("b");
    await fails("a", new Error("refused"));
    expect(asked).toEqual(["a", "b", "c", "d"]);
    queue.pause("4");
    expect(states()).toEqual(["a failed", "b done", "c sending", "d paused", "e sending"]);
    await ends("c");
    await ends("e");
    expect(queue.state.get().some(isUnderWay)).toBe(false);
  });

  test("say how far they are, not more often than it can be seen, and the end at once", () => {
    const { add, begins, comesTo, clock, find, changes } = annasTab();
    add("a");
    begins("a");
    expect([find("a").uploadId, changes]).toEqual([idOf("a"), ["a sending"]]);
    const seen = (bytes: number, ms: number) => {
      clock.ms = ms;
      comesTo("a", bytes);
      return [find("a").sentBytes, find("a").state];
    };
    expect(seen(100, 300)).toEqual([100, "sending"]);
    expect(seen(200, 400)).toEqual([100, "sending"]);
    expect(seen(600, 1500)).toEqual([600, "sending"]);
    expect(find("a").bytesPerSecond).toBeCloseTo((500 * 1000) / 1200);
    expect(seen(400, 1510), "some has to be sent anew").toEqual([400, "sending"]);
    expect(seen(1000, 1520)).toEqual([1000, "finishing"]);
  });

  test("that are held up say why, keep their place, and forget it when they go on", () => {
    const { add, comesTo, isHeldUp, find, asked } = annasTab();
    add("a", "b", "c");
    const away = new TypeError("no network");
    isHeldUp("a", away);
    expect(find("a")).toMatchObject({ state: "held_up", error: away });
    expect(asked).toEqual(["a", "b"]);
    comesTo("a", 10);
    expect(find("a")).toMatchObject({ state: "sending", error: null, sentBytes: 10 });
  });

  test("are paused without losing what has arrived, and go on by their id", async () => {
    const { add, begins, queue, find, orderOf, asked, discarded, ends } = annasTab();
    add("a");
    begins("a");
    queue.pause("1");
    await settle();
    expect(orderOf("a").signal?.aborted).toBe(true);
    expect(find("a")).toMatchObject({ state: "paused", error: null });
    queue.resume("1");
    expect(asked).toEqual(["a", "a"]);
    expect(orderOf("a").uploadId).toBe(idOf("a"));
    await ends("a");
    expect(find("a").state).toBe("done");
    expect(discarded).toEqual([]);
  });

  test("that the server has given up begin anew when they are tried again", async () => {
    const { add, begins, fails, queue, orderOf, find } = annasTab();
    add("a");
    begins("a");
    await fails("a", new Error("full"));
    queue.resume("1");
    expect(orderOf("a").uploadId).toBe(idOf("a"));
    await fails("a", lost);
    expect(find("a")).toMatchObject({ state: "failed", error: lost, uploadId: null });
    queue.resume("1");
    expect(orderOf("a").uploadId).toBeUndefined();
  });

  test("that are cancelled leave nothing behind; those that are done stay where they lie", async () => {
    const { add, begins, ends, queue, states, discarded, asked } = annasTab();
    add("a", "b", "c");
    begins("a");
    begins("b");
    queue.remove("1");
    await ends("b");
    expect(discarded).toEqual([idOf("a")]);
    expect(asked).toEqual(["a", "b", "c"]);
    queue.remove("2");
    await settle();
    expect(discarded).toEqual([idOf("a")]);
    expect(states()).toEqual(["c sending"]);
  });

  test("take the same file once, until it is through", async () => {
    const { add, ends, states, queue } = annasTab();
    add("a", "a");
    expect(states()).toEqual(["a sending"]);
    await ends("a");
    add("a");
    expect(states()).toEqual(["a done", "a sending"]);
    queue.removeDone();
    expect(states()).toEqual(["a sending"]);
  });

  test("stop with the session, and nothing of them is discarded", async () => {
    const { add, begins, queue, orderOf, discarded, asked } = annasTab();
    add("a", "b", "c");
    begins("a");
    queue.clear();
    await settle();
    expect(orderOf("b").signal?.aborted).toBe(true);
    expect([queue.state.get(), discarded, asked]).toEqual([[], [], ["a", "b"]]);
  });

  test("go into the folder of the day that was on the clock", () => {
    const { queue, orderOf } = annasTab();
    queue.add(band, new File(["x"], "night", { lastModified: +new Date(2026, 2, 4, 23, 59) }));
    expect(orderOf("night").day).toBe("2026-03-04");
  });
});

describe("the speed of an upload", () => {
  test("is what it was of late, and nothing before there is a second of it", () => {
    const clock = { ms: 0 };
    const speed = createSpeedometer(() => clock.ms);
    const at = (ms: number, bytes: number) => {
      clock.ms = ms;
      speed.note(bytes);
      return speed.read();
    };
    expect(at(0, 0)).toBeNull();
    expect(at(900, 9000)).toBeNull();
    expect(at(1000, 10_000)).toBe(10_000);
    at(10_000, 100_000);
    expect(at(20_000, 110_000), "the quick beginning is forgotten").toBeNull();
    expect(at(22_000, 112_000)).toBe(1000);
    expect(at(23_000, 50_000), "sent anew").toBeNull();
  });
});
