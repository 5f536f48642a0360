import { IconFolderHeart } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ConnectionId } from "#contract/ids.ts";
import { trpc } from "../api.ts";
import { folders as words } from "../words/folders.ts";
import s from "./folder-picker.module.css";

interface SuggestedFoldersProps {
  readonly connectionId: ConnectionId;
  readonly onOpen: (folder: string) => void;
}

/** Where the storage itself says that recordings are; nothing where it does not say. */
export function SuggestedFolders({ connectionId, onOpen }: SuggestedFoldersProps) {
  const suggested = useQuery(
    trpc.connections.suggestFolders.queryOptions(
      { connectionId },
      { staleTime: 60_000, retry: false },
    ),
  );
  const { folders = [], isAll = true } = suggested.data ?? {};
  if (folders.length === 0) return null;
  return (
    <div className={s.suggested}>
      <p id="suggested-folders">{words.suggested}</p>
      <ul aria-labelledby="suggested-folders">
        {folders.map(({ ref, path, recordings }) => (
          <li key={ref}>
            <button type="button" className={s.folder} onClick={() => onOpen(ref)}>
              <IconFolderHeart size={18} stroke={1.6} aria-hidden />
              <span className="cut">{path}</span>
              <small>{words.recordings(recordings, isAll)}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
