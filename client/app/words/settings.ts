export const settings = {
  title: "Settings",
  profile: "Profile",
  name: "Name",
  email: "E-mail",
  role: "Role",
  roles: { user: "Listener", creator: "Creator", admin: "Administrator" },
  appearance: "Appearance",
  colours: "Colours",
  coloursHint: "System follows what your device is set to.",
  schemes: { auto: "System", dark: "Dark", light: "Light" },
  keyboard: "Keyboard",
  singleKeys: "Single-key shortcuts",
  singleKeysHint:
    "Space, J, L, N, P, M, / and ? work anywhere but in text fields. Switch them off if you use speech input.",
  allKeys: "All shortcuts",
  showKeys: "Show",
  version: (version: string) => `Backline ${version}`,
} as const;

export const home = {
  title: "Home",
  newest: "New in the library",
  all: "Show all",
  storage: "Storage",
  shortcuts: "Shortcuts",
  quiet: "Nothing new yet. Tracks appear here as scans find them.",
  failed: "What is new could not be loaded.",
  newestFirst: "Newest first",
  longest: "Longest recordings",
  missing: "Missing tracks",
  addStorage: "Add a storage",
  keyboard: "Keyboard shortcuts",
} as const;
