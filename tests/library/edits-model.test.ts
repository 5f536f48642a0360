import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Edits } from "#contract/edits.ts";
import type { EditId } from "#contract/ids.ts";
import { type StorageWorld, trackAt } from "#tests/support/world.ts";
import { annasTracks, found, save, TAGS } from "./editing.ts";
import { flac } from "./made-audio.ts";
import { rescan } from "./scanning.ts";
import { artistNamed } from "./viewed.ts";

const STEP = fc.oneof(
  fc.record({
    kind: fc.constant("edit" as const),
    fields: fc
      .record(
        {
          title: fc.option(fc.constantFrom("T1", "T2", "")),
          artist: fc.option(fc.constantFrom("A1", "A2")),
          genre: fc.option(fc.constantFrom("G1", "G2")),
          year: fc.option(fc.integer({ min: 1, max: 9999 })),
        },
        { requiredKeys: [] },
      )
      .filter((fields) => Object.keys(fields).length > 0),
    blank: fc.subarray(["artist", "genre", "year"] as const),
  }),
  fc.record({ kind: fc.constant("file" as const), title: fc.constantFrom("F1", "F2", "F3") }),
  fc.record({ kind: fc.constant("restore" as const), at: fc.nat(20) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer Each> ? Each : never;

/** What ought to be shown: what was edited, or else what the file says. */
interface Model {
  title: string;
  edits: Edits;
  readonly history: { readonly id: EditId; readonly edits: Edits }[];
}

const PATH = "Tides/1.flac";

async function take(world: StorageWorld, model: Model, step: Step): Promise<void> {
  const track = await trackAt(world, PATH);
  if (step.kind === "file") {
    model.title = step.title;
    world.cloud.tree.put(PATH, flac({ ...TAGS, TITLE: step.title, COMMENT: randomUUID() }));
    await rescan(world);
  } else if (step.kind === "edit") {
    const blank = step.blank.filter((field) => !(field in step.fields));
    await save(world.anna, [track], step.fields, blank);
    const given = Object.entries(step.fields);
    const back = given
      .filter(([, value]) => value === null || value === "")
      .map(([field]) => field);
    const merged = Object.entries({ ...model.edits, ...step.fields });
    model.edits = Object.fromEntries([
      ...merged.filter(([field]) => !back.includes(field)),
      ...blank.map((field) => [field, null]),
    ]);
  } else {
    const chosen = model.history[step.at % Math.max(model.history.length, 1)];
    const order = { trackId: track.id, editId: chosen?.id ?? null, version: track.editId };
    await world.anna.api.library.edits.restore.mutate(order);
    model.edits = chosen?.edits ?? {};
  }
  const { editId } = await trackAt(world, PATH);
  if (editId && editId !== track.editId) model.history.push({ id: editId, edits: model.edits });
}

test("whatever is edited, restored and scanned, what is shown is the edit, or else the file", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  let title = "Foam";
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 6 }), async (steps) => {
      const first = await trackAt(world, PATH);
      const order = { trackId: first.id, editId: null, version: first.editId };
      await world.anna.api.library.edits.restore.mutate(order);
      const model: Model = { title, edits: {}, history: [] };
      for (const step of steps) {
        await take(world, model, step);
        title = model.title;
        const now = await trackAt(world, PATH);
        const file = { title, artist: "Herons", genre: "Folk", year: 1998 };
        expect(now).toMatchObject({ ...file, ...model.edits });
        expect(await found(world, `${now.title} ${now.artist ?? ""}`)).toContain(PATH);
        if (now.artist === null) continue;
        expect(await artistNamed(world, now.artist)).toMatchObject({ name: now.artist });
      }
    }),
    { numRuns: 8 },
  );
});
