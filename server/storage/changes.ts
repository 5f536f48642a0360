/** What a storage says of what happened since it was asked before. */
export type Changes = {
  readonly cursor: string;
  /** What it took to know. */
  readonly requests: number;
} & (
  | { readonly kind: "none" }
  /** Something; a listing tells what. Tree tags are good as ever. */
  | { readonly kind: "any" }
  /** Only this; folders where nothing is are as they were. */
  | {
      readonly kind: "some";
      /** Directly in the root. */
      readonly isRootTouched: boolean;
      /**
       * Of everything that is new, changed, moved or gone, and of the folders in which it is now:
       * a text that stands in the last part of its ref, behind the last slash.
       */
      readonly parts: readonly string[];
    }
);
