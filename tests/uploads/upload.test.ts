import { describe, expect, test } from "vitest";
import { auditEvents } from "#drizzle/schema/index.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import {
  annasFolder,
  fileHash,
  filesIn,
  hashOf,
  offsetOf,
  pathOf,
  recording,
  runJobs,
} from "./uploading.ts";

const MB = 1024 * 1024;

describe("a recording that is uploaded", () => {
  test("lies in the storage by its day, and is in the library at once", async () => {
    const { tus, bandId, folder, browser, deps, anna } = await annasFolder();
    const bytes = mp3({ TIT2: "Take one", TPE1: "Herons" }, 1);
    const wanted = { bandId, filename: "take 1.mp3", modified: "2026-03-14T23:30:00+01:00" };
    const { path, last } = await tus.send(wanted, bytes);
    expect([last.status, offsetOf(last)]).toEqual([204, bytes.length]);
    expect(await filesIn(folder)).toEqual(["2026/2026-03-14/take 1.mp3"]);
    expect(await fileHash(folder, "2026/2026-03-14/take 1.mp3")).toBe(hashOf(bytes));

    await runJobs(deps);
    const { data } = await browser.query("library.tracks.list", { bandId });
    expect(data).toMatchObject({
      tracks: [{ title: "Take one", path: "2026/2026-03-14/take 1.mp3" }],
    });
    expect(await tus.list(bandId)).toMatchObject([
      {
        state: "done",
        offsetBytes: bytes.length,
        path: "2026/2026-03-14/take 1.mp3",
        message: null,
      },
    ]);
    expect(offsetOf(await tus.head(path))).toBe(bytes.length);
    const audit = await deps.db.select().from(auditEvents);
    expect(audit.filter(({ action }) => action === "recording.uploaded")).toMatchObject([
      { actorId: anna.userId, subjectId: anna.userId, bandId, details: {} },
    ]);
  });

  test("goes on where it was interrupted, whole parts at a time", async () => {
    const { tus, bandId, folder } = await annasFolder();
    const bytes = recording(10 * MB);
    const path = pathOf(
      await tus.create({ bandId, filename: "long.wav", sizeBytes: bytes.length }),
    );
    const first = await tus.patch(path, 0, bytes.subarray(0, 9 * MB));
    expect([first.status, offsetOf(first)]).toEqual([204, 8 * MB]);
    expect(offsetOf(await tus.head(path))).toBe(8 * MB);
    const last = await tus.patch(path, 8 * MB, bytes.subarray(8 * MB));
    expect([last.status, offsetOf(last)]).toEqual([204, 10 * MB]);
    const [file = ""] = await filesIn(folder);
    expect(await fileHash(folder, file)).toBe(hashOf(bytes));
  });
});
