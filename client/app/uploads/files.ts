/** As the library knows them; the server has the last word. */
export const AUDIO_EXTENSIONS =
  ".aac .aif .aiff .alac .flac .m4a .m4b .mp3 .oga .ogg .opus .wav .wma".split(" ");

export interface Chosen {
  readonly recordings: readonly File[];
  /** Names of what is no audio; what is hidden is not worth a word. */
  readonly leftOut: readonly string[];
}

export function sortOut(files: readonly File[]): Chosen {
  const visible = files.filter(({ name }) => !name.startsWith("."));
  return {
    recordings: visible.filter(({ name }) => isAudio(name)),
    leftOut: visible.filter(({ name }) => !isAudio(name)).map(({ name }) => name),
  };
}

export function isAudio(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && AUDIO_EXTENSIONS.includes(name.slice(dot).toLowerCase());
}

/**
 * Files of a drop, those in folders and in folders of folders included. Has to be called while the
 * drop is handled: afterwards the browser says no more what it was.
 */
export async function filesOf({ items }: DataTransfer): Promise<File[]> {
  const dropped = [...items].filter(({ kind }) => kind === "file");
  const entries = dropped.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const files = await Promise.all(entries.map((entry) => (entry ? gather(entry) : [])));
  return files.flat();
}

async function gather(entry: FileSystemEntry | File): Promise<File[]> {
  if (entry instanceof File) return [entry];
  if (isFile(entry)) return [await new Promise<File>((...settle) => entry.file(...settle))];
  if (!isFolder(entry) || entry.name.startsWith(".")) return [];
  const files = await Promise.all((await listFolder(entry)).map(gather));
  return files.flat();
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** A browser gives a hundred at a time, and nothing once there are no more. */
async function listFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((...settle) => reader.readEntries(...settle));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
