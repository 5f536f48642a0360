export interface TreeNode {
  readonly id: string;
  name: string;
  readonly mimeType: string;
  parentId: string;
  bytes: Buffer | null;
  /** Moves by one with each new content. */
  version: number;
  driveId: string | null;
  readonly target: TreeNode | null;
  isTrashed: boolean;
  modifiedAt: Date;
}

export type Tree = ReturnType<typeof createTree>;

export interface TreeKind {
  readonly root: string;
  /** What folders and shortcuts are, among the media types. */
  readonly folder: string;
  readonly shortcut: string;
  newId(driveId: string | null): string;
  newDriveId(): string;
}

/** Files and folders that go by ids, in several drives, with shortcuts between them. */
export function createTree({ root, folder: FOLDER, shortcut, newId, newDriveId }: TreeKind) {
  const nodes = new Map<string, TreeNode>();
  const drives = new Map<string, string>();
  const add = (node: Partial<TreeNode> & Pick<TreeNode, "name" | "parentId">): TreeNode => {
    const parent = nodes.get(node.parentId);
    const driveId = drives.has(node.parentId) ? node.parentId : (parent?.driveId ?? null);
    const made: TreeNode = {
      id: newId(driveId),
      mimeType: "audio/mpeg",
      bytes: null,
      version: 0,
      driveId,
      target: null,
      isTrashed: false,
      modifiedAt: new Date(),
      ...node,
    };
    nodes.set(made.id, made);
    return made;
  };
  const childrenOf = (parentId: string) =>
    [...nodes.values()].filter((node) => node.parentId === parentId && !node.isTrashed);
  const find = (path: string, from = root): TreeNode | undefined =>
    path
      .split("/")
      .reduce<TreeNode | undefined>(
        (parent, name, depth) =>
          depth > 0 && !parent
            ? undefined
            : childrenOf(parent?.id ?? from).find((node) => node.name === name),
        undefined,
      );
  const mkdir = (path: string, from = root): string =>
    path
      .split("/")
      .filter(Boolean)
      .reduce(
        (parentId, name) =>
          (
            childrenOf(parentId).find((node) => node.name === name) ??
            add({ name, parentId, mimeType: FOLDER })
          ).id,
        from,
      );
  const split = (path: string): [string, string] => {
    const at = path.lastIndexOf("/");
    return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
  };
  return {
    nodes,
    drives,
    add,
    find,
    mkdir,
    childrenOf,
    put(path: string, bytes: Buffer | string, from = root): TreeNode {
      const [folder, name] = split(path);
      const known = find(path, from);
      const node = known ?? add({ name, parentId: mkdir(folder, from) });
      const version = node.version + 1;
      return Object.assign(node, { bytes: Buffer.from(bytes), version, modifiedAt: new Date() });
    },
    link: (name: string, target: TreeNode, parentId = root) =>
      add({ name, parentId, target, mimeType: shortcut }),
    addDrive(name: string): string {
      const id = newDriveId();
      drives.set(id, name);
      nodes.set(id, {
        ...{
          id,
          name: "Drive",
          mimeType: FOLDER,
          parentId: "",
          bytes: null,
          version: 0,
          driveId: id,
        },
        ...{ target: null, isTrashed: false, modifiedAt: new Date() },
      });
      return id;
    },
    rename(from: string, to: string): void {
      const [folder, name] = split(to);
      Object.assign(find(from) ?? {}, { name, parentId: mkdir(folder) });
    },
  };
}
