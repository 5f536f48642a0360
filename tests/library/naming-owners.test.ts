import { describe, expect, test } from "vitest";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import { listTracks, runJobs } from "#tests/support/world.ts";
import { annasTracks, naming, RULE, saveRule } from "./naming-rule.ts";

describe("a rule", () => {
  test("is of the one band: another's recordings stay as they are called", async () => {
    const world = await annasTracks();
    const before = await listTracks(world);
    const mallory = await join(world, "mallory", null);
    const { personalBandId: bandId } = await mallory.client.api.auth.me.query();
    await naming(mallory.client).save.mutate({ bandId, rule: RULE, version: 0 });
    await runJobs(world.server);
    expect(await listTracks(world)).toEqual(before);
    const theirs = { bandId: world.bandId, rule: RULE, version: 0 };
    const { get, preview, save } = naming(mallory.client);
    expect((await refused(save.mutate(theirs))).code).toBe("not_found");
    expect((await refused(get.query({ bandId: world.bandId }))).code).toBe("not_found");
    const trying = preview.query({ bandId: world.bandId, rule: RULE });
    expect((await refused(trying)).code).toBe("not_found");
  });

  test("is changed by owners, and seen by everybody in the band", async () => {
    const world = await annasTracks();
    const eve = await join(world, "eve", "editor");
    const lars = await join(world, "lars", "listener");
    const order = { bandId: world.bandId, rule: RULE, version: 0 };
    for (const { client } of [eve, lars]) {
      expect((await refused(naming(client).save.mutate(order))).code).toBe("forbidden");
    }
    await saveRule(world, RULE);
    expect(await naming(lars.client).get.query({ bandId: world.bandId })).toMatchObject({
      ...{ rule: RULE, savedBy: "Anna" },
    });
  });

  test("of two that were written at once is the first one; the other is told", async () => {
    const world = await annasTracks();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        saveRule(world, { names: [`{title} ${at}`], folders: [] }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { code, message } = await refused(saveRule(world, RULE));
    expect([code, message]).toEqual(["conflict", expect.stringMatching(/try again/)]);
    expect((await naming(world.anna).get.query({ bandId: world.bandId })).version).toBe(1);
  });
});
