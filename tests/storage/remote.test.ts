import { expect, test } from "vitest";
import { ZodError } from "zod";
import { openRemote } from "#server/storage/remote.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { type Answer, json, startFakeService } from "#tests/support/fake-service.ts";

/** A server with the keys that says whatever it is told to, and what is opened through it. */
async function opened(answers: Readonly<Record<string, Answer>>) {
  const { url } = await startFakeService(
    async ({ pathname }) => answers[pathname.slice("/storage/".length)] ?? { status: 404 },
  );
  const { egress, signal } = createTestIo();
  const server = { url: new URL(url), egress };
  return openRemote({ server, signal, token: async () => "t".repeat(43) });
}

const abilities = json({ abilities: ["changes", "namesChanges", "listDeep"] });
const seen = { cursor: "c", requests: 1 };

test("an ability that a newer server has is left out", async () => {
  const newer = json({ abilities: ["listDeep", "telepathy", "writing", "__proto__"], more: 1 });
  const storage = await opened({ abilities: newer });
  expect(Object.keys(storage).toSorted()).toEqual(["list", "listDeep", "openRange", "stat"]);
});

test.each<[string, Answer]>([
  ["no list", json({ abilities: "changes" })],
  ["no names", json({ abilities: [1] })],
  ["nothing", json({})],
])("a server that tells %s of its abilities is not believed", async (_, answer) => {
  await expect(opened({ abilities: answer })).rejects.toBeInstanceOf(ZodError);
});

test.each<[string, object | null]>([
  ["none at all", null],
  ["an unknown kind", { changes: { ...seen, kind: "odd" } }],
  ["no cursor", { changes: { kind: "none", requests: 1 } }],
  ["no number of requests", { changes: { cursor: "c", kind: "any", requests: -1 } }],
  ["no parts", { changes: { ...seen, kind: "some", isRootTouched: true } }],
  [
    "parts that are no texts",
    { changes: { ...seen, kind: "some", isRootTouched: true, parts: [7] } },
  ],
  ["no word of the root", { changes: { ...seen, kind: "some", parts: [] } }],
])("changes with %s are not believed", async (_, answer) => {
  const storage = await opened({ abilities, changes: json(answer) });
  await expect(storage.changes?.(null, null)).rejects.toBeInstanceOf(ZodError);
});

test("changes come as they were told, without what nobody knows", async () => {
  const some = { ...seen, kind: "some", isRootTouched: false, parts: ["a:", "b."] };
  const storage = await opened({ abilities, changes: json({ changes: { ...some, more: 1 } }) });
  expect(await storage.changes?.(null, null)).toEqual(some);
});

test("a page of all files is parsed like any other", async () => {
  const storage = await opened({ abilities, "list-deep": json({ entries: [{ kind: "file" }] }) });
  await expect(storage.listDeep?.(null, null)).rejects.toBeInstanceOf(ZodError);
});
