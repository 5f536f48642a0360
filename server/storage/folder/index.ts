import { opendir } from "node:fs/promises";
import { basename, delimiter, isAbsolute } from "node:path";
import { z } from "zod";
import { defineProvider, type OnNews, type Storage } from "#server/storage/provider.ts";
import type { KnownFile } from "#server/storage/removal.ts";
import type { NewVersion } from "#server/storage/replacing.ts";
import { Credential } from "./credential.ts";
import { codeOf, nameFileFailure } from "./failures.ts";
import { describeFile, listFolder } from "./listing.ts";
import { nameNoFolder, openPlace, openTop, verifyFolder } from "./place.ts";
import { openFileRange } from "./reading.ts";
import { removeFile } from "./removal.ts";
import { replaceFile } from "./replacing.ts";
import { watchTree } from "./watching.ts";
import { createWriting } from "./writing.ts";

/** Folders of this machine that users may connect, separated like `PATH`: by `:`, on Windows by `;`. */
const Settings = z.object({
  FOLDER_ROOTS: z
    .string()
    .default("")
    .transform((value) => value.split(delimiter).filter((root) => root.trim() !== ""))
    .refine((roots) => roots.every((root) => isAbsolute(root)), {
      message: `expected absolute paths separated by ${delimiter}`,
    }),
});

/** A folder of the machine that the server runs on: a disk, or a network drive that is mounted. */
export const folder = defineProvider({
  id: "folder",
  name: "Folder on this server",
  description: "A folder of the computer that Backline runs on, such as a disk or a network drive.",
  settings: Settings,
  credential: Credential,
  offWhy: ({ FOLDER_ROOTS }) =>
    FOLDER_ROOTS.length > 0
      ? null
      : "The administrator has not allowed any folder of this server yet. The setting FOLDER_ROOTS allows some.",
  roots: ({ FOLDER_ROOTS }) => FOLDER_ROOTS,
  hasNews: true,
  hasRemoval: true,
  connect: {
    kind: "form",
    async verify({ FOLDER_ROOTS }, form) {
      const path = await verifyFolder(form.folder, FOLDER_ROOTS);
      await tryReading(path);
      return { credential: { folder: path }, name: basename(path), identity: null, product: null };
    },
    saved: (credential) => ({
      provider: "folder",
      folder: "folder" in credential ? credential.folder : "",
    }),
  },
  attach({ FOLDER_ROOTS }, credential, io): Storage {
    const open = (): Promise<string> => {
      io.signal.throwIfAborted();
      return openTop(FOLDER_ROOTS, credential);
    };
    return {
      list: async (ref, cursor) => listFolder(await open(), ref ?? "", cursor, io.signal),
      growsInPlace: true,
      stat: async (ref) => describeFile(await open(), ref),
      openRange: async (ref, range, signal) =>
        openFileRange(await open(), ref, range, AbortSignal.any([io.signal, signal])),
      // What comes with the program is everybody's, and stays as it is.
      ...("demo" in credential
        ? {}
        : {
            writing: createWriting(open, io.signal),
            remove: async (known: KnownFile) => removeFile(await open(), known),
            replace: async (known: KnownFile, version: NewVersion) =>
              replaceFile(await open(), known, version, io.signal),
            watch: async (ref: string | null, onNews: OnNews) =>
              watchTree((await openPlace(await open(), ref ?? "")).path, onNews, io.signal),
          }),
    };
  },
});

async function tryReading(path: string): Promise<void> {
  try {
    await (await opendir(path)).close();
  } catch (error) {
    throw codeOf(error) === "ENOTDIR" ? nameNoFolder() : nameFileFailure(error);
  }
}
