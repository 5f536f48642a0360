import { describe, expect, test } from "vitest";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, SessionId, UserId } from "#contract/ids.ts";
import { createPersonalBand, listBands, requireMember } from "#server/bands/service.ts";
import { insertBand, insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { createPerson } from "#tests/auth/people.ts";
import { testDeps } from "#tests/support/deps.ts";

const actorOf = (userId: UserId) => ({
  userId,
  sessionId: createId<SessionId>(new Date()),
  role: "user" as const,
});

/** A band of Anna's that Ben belongs to. */
async function annaAndBen(bensRole: BandRole) {
  const deps = await testDeps();
  const anna = actorOf((await createPerson(deps, "anna")).userId);
  const ben = actorOf((await createPerson(deps, "ben")).userId);
  const carla = actorOf((await createPerson(deps, "carla")).userId);
  const bandId = await createBand(deps, "Night Shift");
  await write(deps, async (tx) => {
    await insertMember(tx, { bandId, userId: anna.userId, role: "owner" });
    await insertMember(tx, { bandId, userId: ben.userId, role: bensRole });
  });
  return { deps, anna, ben, carla, bandId };
}

async function createBand(deps: Deps, name: string): Promise<BandId> {
  const bandId = createId<BandId>(deps.now());
  await write(deps, (tx) => insertBand(tx, { id: bandId, name, isPersonal: false }));
  return bandId;
}

describe("membership", () => {
  test.each([
    ["listener", ["listener"]],
    ["editor", ["listener", "editor"]],
    ["owner", ["listener", "editor", "owner"]],
  ] as const)("as %s is enough for %o and nothing above", async (role, enoughFor) => {
    const { deps, ben, bandId } = await annaAndBen(role);
    for (const atLeast of ["listener", "editor", "owner"] as const) {
      const asking = requireMember(deps, ben, bandId, atLeast);
      if ((enoughFor as readonly string[]).includes(atLeast)) {
        expect(await asking).toEqual({ bandId, userId: ben.userId, role });
      } else {
        await expect(asking).rejects.toMatchObject({ code: "forbidden" });
      }
    }
  });

  test("is no one's but the members': for others the band does not exist", async () => {
    const { deps, carla, bandId } = await annaAndBen("editor");
    const nowhere = createId<BandId>(new Date());
    const failures = await Promise.all(
      [bandId, nowhere].map((id) =>
        requireMember(deps, carla, id, "listener").catch((error: unknown) => error),
      ),
    );
    expect(failures[0]).toMatchObject({ code: "not_found" });
    expect(failures[1]).toEqual(failures[0]);
  });
});

describe("the list of bands", () => {
  test("starts with one's own and shows only what one belongs to, with one's role", async () => {
    const { deps, ben, carla } = await annaAndBen("editor");
    const others = await listBands(deps, carla);
    expect(others).toEqual([
      { id: expect.any(String), name: "carla", isPersonal: true, role: "owner" },
    ]);
    const bens = await listBands(deps, ben);
    expect(bens.map((band) => [band.name, band.isPersonal, band.role])).toEqual([
      ["ben", true, "owner"],
      ["Night Shift", false, "editor"],
    ]);
  });
});

test("a personal band that could not be finished leaves nothing behind", async () => {
  const deps = await testDeps();
  const ghost = createId<UserId>(deps.now());
  await expect(
    write(deps, (tx) => createPersonalBand(tx, { userId: ghost, name: "ghost" }, deps.now())),
  ).rejects.toThrow();
  expect(await listBands(deps, actorOf(ghost))).toEqual([]);
});
