import { createStore } from "../playback/store.ts";

/** A dialog that can be opened from anywhere: by a key, a menu or a button. */
export type Dialog = "help" | "commands";

export const openedDialog = createStore<Dialog | null>(null);

export const openHelp = (): void => openedDialog.set("help");
export const openCommands = (): void => openedDialog.set("commands");
export const closeDialog = (): void => openedDialog.set(null);
