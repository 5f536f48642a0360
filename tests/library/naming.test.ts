import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { renameBand, renameSome } from "#server/library/renaming.ts";
import { refused } from "#tests/support/refused.ts";
import { listTracks, runJobs, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { annasTracks, BARE, LOOSE, naming, RULE, saveRule, TAGGED, TITLED } from "./naming-rule.ts";
import { rescan } from "./scanning.ts";
import { artistNamed, oneAlbum } from "./viewed.ts";

/** When a row was last written, whatever was written. */
async function touchedAt({ server }: StorageWorld, path: string) {
  const [row] = await server.deps.db.execute(sql`
    select updated_at::text, xmin::text from tracks where path = ${path}`);
  return row;
}

describe("without a rule of the band", () => {
  test("names are read as ever, and a day in them is kept", async () => {
    const world = await annasTracks();
    expect(await naming(world.anna).get.query({ bandId: world.bandId })).toEqual({
      ...{ bandId: world.bandId, rule: { names: [], folders: [] }, version: 0 },
      ...{ savedAt: null, savedBy: null, isApplying: false },
    });
    expect(await trackAt(world, BARE)).toMatchObject({
      ...{ title: "2024-05-01 Walrus - Zebra", artist: null, recordedOn: "2024-05-01" },
    });
    expect(await trackAt(world, LOOSE)).toMatchObject({
      ...{ title: "Loose", album: "2024-05-02 Hamburg", recordedOn: "2024-05-02" },
    });
    expect(await trackAt(world, TAGGED)).toMatchObject({ title: "Foam", recordedOn: null });
  });
});

describe("a rule", () => {
  test("is tried on recordings of the band, and nothing is changed", async () => {
    const world = await annasTracks();
    const before = await listTracks(world);
    const preview = await naming(world.anna).preview.query({
      ...{ bandId: world.bandId, rule: RULE, example: "x/2023-01-01 Ann - Sea.wav" },
    });
    expect(preview).toMatchObject({ problems: [], count: 3 });
    const [example, ...samples] = preview.samples;
    expect(example).toMatchObject({
      ...{ trackId: null, before: { title: "2023-01-01 Ann - Sea", artist: null, album: "x" } },
      after: { title: "Sea", artist: "Ann", album: "x", recordedOn: "2023-01-01" },
    });
    expect(samples.map(({ path }) => path).toSorted()).toEqual([TITLED, BARE, LOOSE]);
    expect(samples.find(({ path }) => path === BARE)?.after).toMatchObject({
      ...{ title: "Zebra", artist: "Walrus", album: "Hamburg", recordedOn: "2024-05-01" },
    });
    expect(await listTracks(world)).toEqual(before);
  });

  test("that cannot be understood says what is wrong with which of its patterns", async () => {
    const world = await annasTracks();
    const rule = { names: ["", "{title}", "{titel}"], folders: ["{title}"] };
    const { problems, samples } = await naming(world.anna).preview.query({
      ...{ bandId: world.bandId, rule },
    });
    expect(samples).toEqual([]);
    expect(problems.map(({ list, index }) => [list, index])).toEqual([
      ["names", 2],
      ["folders", 0],
    ]);
    const { code, message } = await refused(
      saveRule(world, { names: ["{title}", "{titel}"], folders: [] }),
    );
    expect(code).toBe("invalid_input");
    expect(message).toMatch(/Nothing was saved: pattern 2 for names .* Use one of these: {title}/);
    expect((await naming(world.anna).get.query({ bandId: world.bandId })).version).toBe(0);
  });

  test("names all that has no tags, and nothing that has some", async () => {
    const world = await annasTracks();
    const tagged = await trackAt(world, TAGGED);
    const touched = await touchedAt(world, TAGGED);
    expect(await saveRule(world, RULE)).toMatchObject({
      ...{ version: 1, rule: RULE, savedBy: "Anna", isApplying: true },
    });
    await runJobs(world.server);
    expect(await naming(world.anna).get.query({ bandId: world.bandId })).toMatchObject({
      isApplying: false,
    });
    expect(await trackAt(world, BARE)).toMatchObject({
      ...{ title: "Zebra", artist: "Walrus", album: "Hamburg", recordedOn: "2024-05-01" },
    });
    expect(await trackAt(world, LOOSE)).toMatchObject({
      ...{ title: "Loose", album: "Hamburg", recordedOn: "2024-05-02" },
    });
    expect(await trackAt(world, TITLED)).toMatchObject({
      ...{ title: "Half", artist: "Herons", album: null },
    });
    expect(await trackAt(world, TAGGED)).toEqual(tagged);
    expect(await touchedAt(world, TAGGED)).toEqual(touched);
    expect((await listTracks(world, "zebra walrus")).map(({ path }) => path)).toEqual([BARE]);
    expect(await artistNamed(world, "Walrus")).toMatchObject({ trackCount: 1 });
    expect(await oneAlbum(world, "Hamburg")).toMatchObject({ trackCount: 2 });
  });

  test("holds for what comes later, and for what is moved or read again", async () => {
    const world = await annasTracks();
    await saveRule(world, RULE);
    await runJobs(world.server);
    const { tree } = world.cloud;
    const { id } = await trackAt(world, BARE);
    tree.mkdir("2023-12-31 Kiel");
    tree.move(BARE, "2023-12-31 Kiel/2024-01-01 Seal - Foghorn.mp3");
    tree.put("2023-12-31 Kiel/2024-01-02 Crab - Anchor.mp3", mp3({}, 3));
    await rescan(world);
    expect(await trackAt(world, "2023-12-31 Kiel/2024-01-01 Seal - Foghorn.mp3")).toMatchObject({
      ...{ id, title: "Foghorn", artist: "Seal", album: "Kiel", recordedOn: "2024-01-01" },
    });
    expect(await trackAt(world, "2023-12-31 Kiel/2024-01-02 Crab - Anchor.mp3")).toMatchObject({
      ...{ title: "Anchor", artist: "Crab", album: "Kiel" },
    });
    await saveRule(world, { names: [], folders: [] }, 1);
    await runJobs(world.server);
    expect(await trackAt(world, "2023-12-31 Kiel/2024-01-02 Crab - Anchor.mp3")).toMatchObject({
      ...{ title: "2024-01-02 Crab - Anchor", artist: null },
    });
  });

  test("leaves what people have put beside a file, and shows the rest of it", async () => {
    const world = await annasTracks();
    const bare = await trackAt(world, BARE);
    const [edited] = await world.anna.api.library.edits.save.mutate({
      bandId: world.bandId,
      tracks: [{ trackId: bare.id, version: bare.editId }],
      fields: { artist: "Somebody" },
    });
    await saveRule(world, RULE);
    await runJobs(world.server);
    expect(await trackAt(world, BARE)).toMatchObject({
      ...{ title: "Zebra", artist: "Somebody", editId: edited?.editId },
    });
    const { unedited } = await world.anna.api.library.edits.list.query({ trackId: bare.id });
    expect(unedited).toMatchObject({ title: "Zebra", artist: "Walrus" });
  });

  test("also of what was read before tags were kept apart", async () => {
    const world = await annasTracks();
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update tracks set tags = null, recorded_on = null`),
    );
    const tagged = await trackAt(world, TAGGED);
    await saveRule(world, RULE);
    await runJobs(world.server);
    expect(await trackAt(world, BARE)).toMatchObject({ title: "Zebra", artist: "Walrus" });
    expect(await trackAt(world, TITLED)).toMatchObject({ title: "Half", artist: "Herons" });
    expect(await trackAt(world, TAGGED)).toEqual(tagged);
  });

  test("is applied in parts, and whoever is stopped in between goes on from there", async () => {
    const world = await annasTracks();
    await saveRule(world, RULE);
    const { deps } = world.server;
    const named = async () =>
      (await listTracks(world)).filter(({ title }) => ["Zebra", "Half"].includes(title)).length;
    expect(await renameSome(deps, world, 1)).toBe(true);
    const [row] = await deps.db.execute<{ until: string | null; applied: number }>(sql`
      select applied_until as until, applied_version as applied from naming_rules`);
    expect(row).toMatchObject({ until: expect.any(String), applied: 0 });
    expect(await naming(world.anna).get.query({ bandId: world.bandId })).toMatchObject({
      isApplying: true,
    });
    // Another rule meanwhile begins from the start; the job of the first one has nothing left to do.
    await saveRule(world, { ...RULE, folders: [] }, 1);
    await runJobs(world.server);
    expect(await named()).toBe(2);
    expect(await renameSome(deps, world, 1)).toBe(false);
    expect((await trackAt(world, LOOSE)).album).toBe("2024-05-02 Hamburg");
  });

  test("waits for the end of a maintenance", async () => {
    const world = await annasTracks();
    await saveRule(world, RULE);
    const { set } = world.anna.api.admin.maintenance;
    await set.mutate({ isOn: true, message: "A new disk." });
    const { deps } = world.server;
    await expect.poll(() => deps.maintenance.find()).not.toBeNull();
    const signal = AbortSignal.timeout(60_000);
    await renameBand(deps, world, signal);
    expect(await trackAt(world, BARE)).toMatchObject({ artist: null });
    await set.mutate({ isOn: false, message: null });
    await expect.poll(() => deps.maintenance.find()).toBeNull();
    await renameBand(deps, world, signal);
    expect(await trackAt(world, BARE)).toMatchObject({ artist: "Walrus" });
  });
});
