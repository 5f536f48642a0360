/** Favourites, which are everybody's own. */
export const listening = {
  favourite: (title: string) => `Favourite: ${title}`,
  mark: "Add to favourites",
  unmark: "Remove from favourites",
};
