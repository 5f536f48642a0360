import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import type { Storage } from "./provider.ts";

/** What only some storages can do, as far as another may ask for it in their place. */
const Ability = z.enum(["changes", "namesChanges", "growsInPlace", "listDeep", "quota"]);
export type Ability = z.infer<typeof Ability>;

/** Names of abilities from another server. One that is not known here is of no use, and no fault. */
export const Abilities = z
  .array(z.string())
  .transform((names) => Ability.options.filter((each) => names.includes(each)));

export const abilitiesOf = (storage: Storage): Ability[] =>
  Ability.options.filter((each) => storage[each] !== undefined);

/** How a storage is asked in another's place. Who never asks how full it is leaves `quota` out. */
export type Questions = Pick<Storage, "list" | "stat" | "openRange" | "quota"> &
  Required<Pick<Storage, "changes" | "listDeep">>;

/** Stands in for a storage: asks it in its own way, and offers what that one offers. */
export function standIn(questions: Questions, abilities: readonly Ability[]): Storage {
  const { list, stat, openRange, changes, listDeep, quota } = questions;
  const has = (each: Ability): boolean => abilities.includes(each);
  return {
    ...{ list, stat, openRange },
    ...(has("changes") ? { changes } : {}),
    ...(has("namesChanges") ? { namesChanges: true } : {}),
    ...(has("growsInPlace") ? { growsInPlace: true } : {}),
    ...(has("listDeep") ? { listDeep } : {}),
    ...(has("quota") && quota ? { quota } : {}),
  };
}

/** @throws AppError `invalid_input` when the storage has none: whoever asks could have known. */
export function requireAbility<Name extends "changes" | "listDeep" | "quota">(
  storage: Storage,
  name: Name,
): NonNullable<Storage[Name]> {
  const ability = storage[name];
  if (ability) return ability;
  throw new AppError("invalid_input", "This storage can't tell that. Use its listings instead.");
}
