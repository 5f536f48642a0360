import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createVault, type SealedPlace, type Vault } from "#server/base/vault.ts";
import { unseal } from "#server/connections/unsealing.ts";

const place: SealedPlace = {
  table: "connections",
  column: "sealed_credential",
  rowId: "row-1",
  ownerId: "band-1",
};

function countingVault(): Vault & { readonly opened: () => number } {
  const vault = createVault([{ kid: "k1", key: randomBytes(32) }]);
  let opened = 0;
  return {
    kids: vault.kids,
    seal: vault.seal,
    open(sealed, where) {
      opened += 1;
      return vault.open(sealed, where);
    },
    opened: () => opened,
  };
}

test("the same sealed text of a row is opened once", () => {
  const vault = countingVault();
  const sealed = vault.seal("old password", place);

  expect([1, 2, 3].map(() => unseal(vault, sealed, place))).toEqual(Array(3).fill("old password"));
  expect(vault.opened()).toBe(1);
});

test("a new credential counts at once, and so does the one before when it comes back", () => {
  const vault = countingVault();
  const [before, after] = [vault.seal("old", place), vault.seal("new", place)];

  expect([before, after, before].map((each) => unseal(vault, each, place))).toEqual([
    "old",
    "new",
    "old",
  ]);
});

test.each([{ table: "users" }, { column: "other" }, { rowId: "row-2" }, { ownerId: "band-2" }])(
  "what was opened before still opens nowhere else: %j",
  (elsewhere) => {
    const vault = countingVault();
    const sealed = vault.seal("password", place);
    unseal(vault, sealed, place);

    expect(() => unseal(vault, sealed, { ...place, ...elsewhere })).toThrow();
  },
);
