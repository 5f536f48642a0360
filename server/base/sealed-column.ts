import type { SealedPlace } from "./vault.ts";

type Names = Readonly<Record<string, string>>;

/** A column whose values are sealed, and what says where each of them belongs. */
export interface SealedColumn<Reads extends Names = Names> {
  readonly table: string;
  readonly column: string;
  /** The columns that the place is made of, as the database calls them. */
  readonly reads: Reads;
  placeOf(row: { readonly [Name in keyof Reads]: string }): SealedPlace;
}

/**
 * Declares one. The feature that seals and opens the values does it by this, and so does the job that
 * moves them to a newer key (`admin/resealing.ts`).
 */
export const defineSealedColumn = <const Reads extends Names>(spec: {
  readonly table: string;
  readonly column: string;
  readonly reads: Reads;
  place(row: { readonly [Name in keyof Reads]: string }): Pick<SealedPlace, "rowId" | "ownerId">;
}): SealedColumn<Reads> => ({
  table: spec.table,
  column: spec.column,
  reads: spec.reads,
  placeOf: (row) => ({ table: spec.table, column: spec.column, ...spec.place(row) }),
});
