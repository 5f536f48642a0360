/** Of recordings that are deleted in their storage. */
export const deleting = {
  switchOn: "Allow deleting recordings",
  switchOff: "Don’t allow deleting any more",
  title: (name: string) => `Allow deleting recordings in ${name}?`,
  texts: [
    "Owners of this band can then delete a recording from here: its file goes from the storage, for everybody who uses it there too.",
    "Listeners and editors can’t. A recording that was changed in the storage meanwhile is never deleted, and Backline never deletes anything by itself.",
  ],
  isOn: (name: string) => `Owners can now delete recordings in ${name}.`,
  isOff: (name: string) => `Nobody can delete recordings in ${name} from here any more.`,
  fact: "Deleting",
  allowed: "Owners can delete recordings",
  deleteFile: "Delete…",
  leaveLibrary: "Remove from library…",
  ask: {
    file: {
      title: (title: string) => `Delete “${title}”?`,
      texts: (path: string, storage: string) => [
        `The file ${path} is deleted in ${storage}. Nextcloud and some others keep it in their trash for a while; elsewhere it is gone for good.`,
        "It leaves the library, and its public links end. Copies of it in other places stay as they are.",
      ],
      confirm: "Delete the file",
    },
    missing: {
      title: (title: string) => `Remove “${title}” from the library?`,
      texts: (_path: string, storage: string) => [
        `Its file is missing in ${storage}, and nothing is deleted there.`,
        "What belongs to it here goes, its public links too. If the file comes back, it is in the library as a new recording.",
      ],
      confirm: "Remove it",
    },
  },
  isDeleted: (title: string) => `“${title}” was deleted.`,
  hasLeft: (title: string) => `“${title}” has left the library.`,
};
