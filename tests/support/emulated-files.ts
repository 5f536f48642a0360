/** Where an emulator keeps files by ids, as little as it takes to fill it. */
export interface Shelf {
  children(parentId: string): readonly { readonly id: string; readonly name: string }[];
  /** @param bytes - `null` for a folder. @returns its id. */
  add(parentId: string, name: string, bytes: Buffer | null): string;
  write(id: string, bytes: Buffer): void;
  move(id: string, parentId: string, name: string): void;
  remove(id: string): void;
}

export type EmulatedFiles = ReturnType<typeof createFiles>;

/** The same by paths, from the folder `root` down. */
export function createFiles(shelf: Shelf) {
  const findIn = (parentId: string, name: string): string | undefined =>
    shelf.children(parentId).find((each) => each.name === name)?.id;
  const find = (path: string): string | undefined => {
    let at: string | undefined = "root";
    for (const name of path.split("/")) at = at && findIn(at, name);
    return at;
  };
  const mkdir = (path: string): string => {
    let at = "root";
    for (const name of path.split("/").filter(Boolean)) {
      at = findIn(at, name) ?? shelf.add(at, name, null);
    }
    return at;
  };
  const split = (path: string): [string, string] => {
    const parts = path.split("/");
    return [parts.slice(0, -1).join("/"), parts.at(-1) ?? ""];
  };
  const require = (path: string): string => {
    const id = find(path);
    if (id === undefined) throw new Error(`Nothing lies at ${path}.`);
    return id;
  };
  return {
    find,
    mkdir,
    /** @returns the id of the file. */
    put(path: string, bytes: Buffer): string {
      const [folder, name] = split(path);
      const parentId = mkdir(folder);
      const id = findIn(parentId, name);
      if (id === undefined) return shelf.add(parentId, name, bytes);
      shelf.write(id, bytes);
      return id;
    },
    rename(from: string, to: string): void {
      const [folder, name] = split(to);
      shelf.move(require(from), mkdir(folder), name);
    },
    remove: (path: string) => shelf.remove(require(path)),
  };
}
