import type { OneConnection, SuggestedFolders } from "#contract/connections.ts";
import type { Actor } from "#server/base/actor.ts";
import { isAudioName } from "./folder-page.ts";
import { attachStorage, requireConnection, type StorageDeps } from "./service.ts";

/** Enough to know where most of them are. */
const MOST_FILES = 10_000;
const MOST_FOLDERS = 5;
/** The folders themselves are there to be opened meanwhile. */
const PATIENCE_MS = 20_000;

/**
 * Where the recordings of a storage are, as far as it has an index of its own that tells: the folders to
 * choose from. It is a help only, so a storage that has none, or does not answer, suggests nothing.
 */
export async function suggestFolders(
  deps: StorageDeps,
  actor: Actor,
  { connectionId }: OneConnection,
): Promise<SuggestedFolders> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  // What is wrong with it is said where its folders are opened.
  const paths = (await storage.findAudio?.(MOST_FILES).catch(() => null)) ?? [];
  return { folders: findHomes(paths), isAll: paths.length < MOST_FILES };
}

interface Branch {
  readonly path: string;
  /** At any depth. */
  recordings: number;
  hasOwn: boolean;
  readonly branches: Map<string, Branch>;
}

/** Of each folder at the top the deepest one that has all of its recordings. Those with most first. */
export function findHomes(paths: readonly string[]): SuggestedFolders["folders"] {
  const top = toTree(paths.filter(isVisibleAudio));
  return [...top.branches.values()]
    .map(descend)
    .toSorted((left, right) => right.recordings - left.recordings)
    .slice(0, MOST_FOLDERS)
    .map(({ path, recordings }) => ({ ref: path, path, recordings }));
}

/** Playlists are audio to a storage, too. */
const isVisibleAudio = (path: string): boolean =>
  isAudioName(path) && !path.split("/").some((part) => part.startsWith("."));

function toTree(paths: readonly string[]): Branch {
  const top = createBranch("");
  for (const path of paths) {
    let branch = top;
    branch.recordings += 1;
    for (const name of path.split("/").slice(0, -1)) {
      const below = branch.branches.get(name) ?? createBranch(join(branch.path, name));
      branch.branches.set(name, below);
      below.recordings += 1;
      branch = below;
    }
    branch.hasOwn = true;
  }
  return top;
}

const createBranch = (path: string): Branch => ({
  ...{ path, recordings: 0, hasOwn: false },
  branches: new Map(),
});

const join = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

function descend(branch: Branch): Branch {
  const [only] = branch.branches.values();
  return only && !branch.hasOwn && branch.branches.size === 1 ? descend(only) : branch;
}
