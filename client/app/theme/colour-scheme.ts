import { localStorageColorSchemeManager } from "@mantine/core";

export const colourScheme = localStorageColorSchemeManager({ key: "backline.colour-scheme" });

/** Before the first paint, so that nobody who chose dark sees a white flash. */
export function applyColourScheme(): void {
  const chosen = colourScheme.get("auto");
  const isDark =
    chosen === "dark" ||
    (chosen === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.mantineColorScheme = isDark ? "dark" : "light";
}
