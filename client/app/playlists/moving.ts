/**
 * Behind which other item one has to stand so that it has the place `to`.
 *
 * @returns `null`: at the top.
 */
export function anchorFor<Id>(ids: readonly Id[], from: number, to: number): Id | null {
  const others = ids.toSpliced(from, 1);
  return to === 0 ? null : (others[to - 1] ?? null);
}
