import { plural } from "./format.ts";

/** Choosing the folder that a storage is read from. */
export const folders = {
  title: "Choose the folder with your recordings",
  text: (name: string) => `Backline reads ${name} from this folder downwards.`,
  breadcrumb: "Folders",
  use: "Use this folder",
  refresh: "Look again",
  more: "Show more folders",
  noFolders: "There are no folders in here.",
  audioHere: (count: number) => `${plural(count, "audio file")} directly in this folder`,
  failed: "The folder could not be opened",
  open: (name: string) => `Open ${name}`,
  suggested: "Your storage knows of recordings in",
  /** @param isAll - not all were counted when it is false. */
  recordings: (count: number, isAll: boolean) =>
    isAll ? plural(count, "recording") : `${plural(count, "recording")} or more`,
};
