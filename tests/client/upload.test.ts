import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBackline, refusalOf } from "#sdk/index.ts";
import { wav } from "#tests/library/made-audio.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import { ADMIN } from "#tests/support/server.ts";
import { listTracks, runJobs } from "#tests/support/world.ts";
import {
  annasLine,
  answerLost,
  asUsual,
  busyFor,
  cutAfter,
  listedAs,
  measure,
  narrow,
  noNetwork,
  odd,
  PART_BYTES,
  slowly,
  tape,
} from "./upload-line.ts";

/** Every file of a folder that is not hidden. */
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();

const isThere = async (folder: string, { bytes, name }: ReturnType<typeof tape>) =>
  bytes.equals(await readFile(join(folder, name)));

const codeOf = async (call: Promise<unknown>) =>
  refusalOf(
    await call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  )?.code;

describe("a program uploads a recording", () => {
  test("which lies in the folder of its day, and in the library", async () => {
    const { world, program, bandId, upload, folder, asked } = await annasLine();
    await program.api.uploads.setPattern.mutate({ bandId, pattern: "{year}/{month}-{day}" });
    asked.length = 0;
    const bytes = Buffer.from(wav(1));
    const take = { bytes, file: new Blob([bytes]), name: "Größe 日本.wav" };
    const progress: number[] = [];
    const begun: string[] = [];
    const id = await upload(take, {
      day: "2026-03-14",
      onProgress: (bytes) => progress.push(bytes),
      onBegun: (uploadId) => begun.push(uploadId),
    });
    expect(begun).toEqual([id]);
    expect(asked).toEqual(["POST", "HEAD", "PATCH 0"]);
    expect([progress[0], progress.at(-1)]).toEqual([0, take.bytes.length]);
    const path = `2026/03-14/${take.name}`;
    expect(take.bytes.equals(await readFile(join(folder, path)))).toBe(true);
    await runJobs(world.server);
    expect((await listTracks(world)).map((track) => track.path)).toEqual([path]);
  });

  test("over a line that is cut: it goes on with the byte that the server wants next", async () => {
    const { world, upload, folder, meet, asked, waits } = await annasLine();
    const take = tape(2 * PART_BYTES + 1234);
    const progress: number[] = [];
    const pauses: unknown[] = [];
    meet("PATCH", cutAfter(world, PART_BYTES + 77_000));
    await upload(take, {
      onProgress: (bytes) => progress.push(bytes),
      onPause: (error, delayMs) => pauses.push([error instanceof TypeError, delayMs]),
    });
    expect(await isThere(folder, take)).toBe(true);
    // The server may not have noticed yet that the first line is dead.
    const sent = asked.filter((each) => each.startsWith("PATCH"));
    expect([...new Set(sent)]).toEqual(["PATCH 0", `PATCH ${PART_BYTES}`]);
    expect([...new Set(progress)]).toEqual([0, PART_BYTES, take.bytes.length]);
    expect([pauses[0], waits[0]]).toEqual([[true, 1000], 1000]);
  }, 60_000);

  test("over a line that is slow: nobody cuts it for taking longer than other requests may", async () => {
    const { upload, folder, meet, waits } = await annasLine({ bodyTimeoutMs: 200 });
    const take = tape(3000);
    meet("PATCH", slowly(1_000));
    await upload(take);
    expect(await isThere(folder, take)).toBe(true);
    expect(waits).toEqual([]);
  });

  test("without a network: it tries again and again, each time later, until there is one", async () => {
    const { upload, folder, meet, waits } = await annasLine();
    const take = tape(2000);
    meet("POST", noNetwork, noNetwork, odd(502), odd(503), odd(504), noNetwork, noNetwork);
    meet("PATCH", noNetwork);
    await upload(take);
    expect(await isThere(folder, take)).toBe(true);
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000));
  });

  test("and begins to count anew after something has arrived", async () => {
    const { upload, meet, waits } = await annasLine();
    meet("PATCH", noNetwork, noNetwork, asUsual, noNetwork);
    await upload(tape(PART_BYTES + 10), { pieceBytes: PART_BYTES });
    expect(waits).toEqual([1000, 2000, 1000]);
  }, 60_000);

  test("whose last answer is lost: it is there once, and not sent twice", async () => {
    const { upload, folder, meet, asked } = await annasLine();
    const take = tape(3000);
    meet("PATCH", answerLost);
    await upload(take);
    expect(await filesIn(folder)).toEqual([take.name]);
    expect(asked).toEqual(["POST", "HEAD", "PATCH 0", "HEAD", "uploads.list"]);
  });

  test("whose last answer is lost while the storage still puts it in its place: what comes of it is said", async () => {
    const { upload, meet, waits } = await annasLine();
    meet("PATCH", answerLost);
    // The first thing that it asks for is its CSRF token.
    meet("GET", asUsual, listedAs("finishing", null), listedAs("failed", "It is lost."));
    const call = upload(tape(3000));
    await expect(call).rejects.toThrow("It is lost.");
    expect(waits).toEqual([1000, 2000]);
  });

  test("that the storage has lost meanwhile: it is not sent on, nor begun anew", async () => {
    const { upload, folder, meet, asked } = await annasLine();
    const losePart = async () => {
      const hidden = (await readdir(folder)).find((name) => name.startsWith("."));
      await rm(join(folder, hidden ?? ""), { recursive: true });
      return null;
    };
    meet("PATCH", asUsual, losePart);
    const take = tape(2 * PART_BYTES);
    expect(await codeOf(upload(take, { pieceBytes: PART_BYTES }))).toBe("gone");
    expect(asked.filter((each) => each === "POST")).toHaveLength(1);
    expect(await filesIn(folder)).toEqual([]);
  }, 60_000);

  test("longer than its access lasts, which is renewed between two pieces", async () => {
    const clock = await createClockedDatabase();
    const { world, upload, folder, meet, asked } = await annasLine({ database: clock.database });
    const take = tape(PART_BYTES + 10);
    const laterOn = async () => {
      await clock.pass(world.server.deps, 11 * 60_000);
      return null;
    };
    meet("PATCH", asUsual, laterOn);
    await upload(take, { pieceBytes: PART_BYTES });
    expect(await isThere(folder, take)).toBe(true);
    const second = `PATCH ${PART_BYTES}`;
    expect(asked).toEqual(["POST", "HEAD", "PATCH 0", second, "auth.refresh", second]);
  }, 60_000);

  test("although another window has signed in since", async () => {
    const { world, program, upload, folder } = await annasLine();
    const twin = createBackline({ baseUrl: world.server.baseUrl, fetch: program.fetch });
    const { email, password } = ADMIN;
    await twin.api.auth.signIn.mutate({ email, password, rememberMe: false });
    const take = tape(1000);
    await upload(take);
    expect(await isThere(folder, take)).toBe(true);
  });

  test("in smaller pieces where something in between takes no large ones", async () => {
    const { upload, folder, meet, asked } = await annasLine();
    const take = tape(3 * PART_BYTES + 5);
    meet("PATCH", odd(413));
    await upload(take);
    expect(await isThere(folder, take)).toBe(true);
    expect(asked).toEqual(["POST", "HEAD", "PATCH 0", "PATCH 0", `PATCH ${2 * PART_BYTES}`]);
  }, 60_000);

  test("in pieces of whole parts of the storage, whatever is asked for", async () => {
    const { upload, meet, asked } = await annasLine();
    for (const [pieceBytes, sizes] of [
      [2 * PART_BYTES + 1000, [2 * PART_BYTES, PART_BYTES + 7]],
      [PART_BYTES - 1, [PART_BYTES, PART_BYTES, PART_BYTES, 7]],
    ] as const) {
      asked.length = 0;
      const sent: number[] = [];
      meet("PATCH", ...sizes.map(() => measure(sent)));
      await upload(tape(3 * PART_BYTES + 7), { pieceBytes });
      expect(sent).toEqual(sizes);
      expect(asked).toHaveLength(2 + sizes.length);
    }
  }, 60_000);

  test("in the smallest pieces that the storage takes, where larger ones do not get through", async () => {
    const { upload, folder, meet } = await annasLine();
    const take = tape(4 * PART_BYTES + 5);
    const sent: number[] = [];
    meet("PATCH", ...Array.from({ length: 9 }, () => narrow(PART_BYTES, sent)));
    await upload(take);
    expect(await isThere(folder, take)).toBe(true);
    const whole = [take.bytes.length, 4 * PART_BYTES, 2 * PART_BYTES];
    expect(sent).toEqual([...whole, ...Array(4).fill(PART_BYTES), 5]);
  }, 60_000);

  test("not in ever smaller pieces that the server would refuse", async () => {
    const { upload, meet, waits } = await annasLine();
    const sent: number[] = [];
    meet("PATCH", ...Array.from({ length: 9 }, () => narrow(PART_BYTES - 1, sent)));
    await expect(upload(tape(2 * PART_BYTES))).rejects.toMatchObject({ status: 413 });
    expect(sent).toEqual([2 * PART_BYTES, PART_BYTES]);
    expect(waits).toEqual([]);
  }, 60_000);

  test("to a server that does not say how long parts are", async () => {
    const { upload, folder, meet } = await annasLine();
    const take = tape(2 * PART_BYTES);
    meet("HEAD", async (input, init) => {
      const { status, headers } = await fetch(input, init);
      const said = new Headers(headers);
      said.delete("upload-part-size");
      return new Response(null, { status, headers: said });
    });
    const sent: number[] = [];
    meet("PATCH", measure(sent), measure(sent));
    await upload(take, { pieceBytes: PART_BYTES + 1000 });
    expect(await isThere(folder, take)).toBe(true);
    expect(sent).toEqual([PART_BYTES + 1000, PART_BYTES]);
  }, 60_000);

  test("that waits for its turn as long as the server says", async () => {
    const { program, upload, folder, bandId, waits } = await annasLine();
    for (let count = 0; count < 10; count += 1) {
      const stop = new AbortController();
      const begun = upload(tape(10), { signal: stop.signal, onBegun: () => stop.abort() });
      await expect(begun).rejects.toThrow();
    }
    const begun = await program.api.uploads.list.query({ bandId });
    expect(begun.map(({ state }) => state)).toEqual(Array(10).fill("receiving"));
    const take = tape(500, "Take 11.wav");
    await upload(take, {
      async wait(delayMs) {
        waits.push(delayMs);
        for (const { id } of begun) await program.discardUpload(id);
      },
    });
    expect(await filesIn(folder)).toEqual([take.name]);
    expect(waits).toEqual([10_000]);
  }, 60_000);
});

describe("an upload that is stopped", () => {
  test("goes on by its id, also from another program", async () => {
    const { world, program, upload, bandId, folder, asked } = await annasLine();
    const take = tape(2 * PART_BYTES);
    const stop = new AbortController();
    const reason = new Error("Not now.");
    const stopped = upload(take, {
      pieceBytes: PART_BYTES,
      signal: stop.signal,
      onProgress: (bytes) => bytes === PART_BYTES && stop.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    const [waiting] = await program.api.uploads.list.query({ bandId });
    expect(waiting).toMatchObject({ state: "receiving", offsetBytes: PART_BYTES, path: take.name });
    if (!waiting) throw new Error("It is gone.");
    asked.length = 0;
    await world.anna.uploadFile({ bandId, ...take, uploadId: waiting.id });
    expect(await isThere(folder, take)).toBe(true);
  }, 60_000);

  test("while it waits does not wait any longer", async () => {
    const { program, bandId, meet } = await annasLine();
    const stop = new AbortController();
    const { file, name } = tape(10);
    const delays: number[] = [];
    meet("POST", busyFor(3600));
    const call = program.uploadFile({
      ...{ bandId, file, name, signal: stop.signal },
      onPause(_, delayMs) {
        delays.push(delayMs);
        setImmediate(() => stop.abort("enough"));
      },
    });
    await expect(call).rejects.toBe("enough");
    expect(delays).toEqual([3_600_000]);
  });

  test("and discarded leaves nothing, and cannot go on; to discard it twice is no failure", async () => {
    const { program, upload, bandId, folder } = await annasLine();
    const stop = new AbortController();
    const take = tape(1000);
    await upload(take, { signal: stop.signal, onBegun: () => stop.abort() }).catch(() => {});
    const [waiting] = await program.api.uploads.list.query({ bandId });
    if (!waiting) throw new Error("It was not begun.");
    await program.discardUpload(waiting.id);
    await program.discardUpload(waiting.id);
    expect(await readdir(folder)).toEqual([]);
    // To Anna, who is an administrator, what is not there is somebody else's.
    expect(await codeOf(upload(take, { uploadId: waiting.id }))).toBe("forbidden");
  });
});

describe("an upload is not tried again", () => {
  test("when the answer would be the same", async () => {
    const { program, upload, asked, waits, meet } = await annasLine();
    const band = "0199c9a0-0000-7000-8000-0000000000ff" as never;
    expect(await codeOf(upload(tape(10, "notes.txt")))).toBe("invalid_input");
    expect(await codeOf(upload(tape(10), { bandId: band }))).toMatch(/^(not_found|forbidden)$/);
    meet("PATCH", odd(403));
    await expect(upload(tape(10))).rejects.toMatchObject({ status: 403 });
    expect(waits).toEqual([]);
    expect(asked.filter((each) => each === "POST")).toHaveLength(3);
    await program.api.auth.signOut.mutate();
    expect(await codeOf(upload(tape(10)))).toBe("unauthenticated");
    expect(waits).toEqual([]);
  });

  test("for ever, when something is broken", async () => {
    const { upload, waits, meet } = await annasLine();
    meet("POST", ...Array.from({ length: 9 }, () => odd(500)));
    await expect(upload(tape(10))).rejects.toMatchObject({ status: 500 });
    expect(waits).toEqual([1, 2, 4, 8, 16].map((seconds) => seconds * 1000));
  });

  test("where the band has no storage", async () => {
    const { world, program, upload, waits, bandId } = await annasLine();
    const [connection] = await program.api.connections.list.query({ bandId });
    await world.anna.api.connections.remove.mutate({ connectionId: connection?.id as never });
    expect(await codeOf(upload(tape(10)))).toBe("conflict");
    expect(waits).toEqual([]);
  });
});
