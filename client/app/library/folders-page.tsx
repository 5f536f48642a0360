import { Button } from "@mantine/core";
import { IconChevronRight, IconCloud, IconFolder } from "@tabler/icons-react";
import { Link, useSearch } from "@tanstack/react-router";
import type { Connection } from "#contract/connections.ts";
import type { TrackFolder } from "#contract/views.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";
import { views } from "../words/views.ts";
import { NameLine } from "./names-view.tsx";
import { TrackGroup } from "./track-group.tsx";
import { usePages } from "./use-pages.ts";
import { useTrackPages } from "./use-track-pages.ts";
import type { FolderSearch } from "./view-query.ts";
import { FailedView, NothingInView, ViewScreen } from "./view-screen.tsx";
import s from "./views.module.css";

export function FoldersPage() {
  const bandId = useBandId();
  const { connection, path = "" } = useSearch({ from: "/b/$bandId/library/folders" });
  const { data: connections, error, refetch } = useConnections(bandId);
  const here = connections?.find(({ id }) => id === connection);
  return (
    <ViewScreen title={views.names.folders}>
      <div className={s.body}>
        {connections === undefined ? (
          error && <FailedView error={error} onRetry={() => void refetch()} />
        ) : here ? (
          <Folder key={`${here.id} ${path}`} connection={here} path={path} />
        ) : (
          <Storages connections={connections} />
        )}
      </div>
    </ViewScreen>
  );
}

function Storages({ connections }: { readonly connections: readonly Connection[] }) {
  const bandId = useBandId();
  if (connections.length === 0) {
    return <NothingInView title={views.empty.folders} text={views.empty.foldersText} />;
  }
  return (
    <ul className={s.lines} aria-label={views.storage}>
      {connections.map(({ id, name }) => (
        <li key={id}>
          <Link
            className={s.line}
            to="/b/$bandId/library/folders"
            params={{ bandId }}
            search={{ connection: id }}
          >
            <IconCloud size={18} aria-hidden />
            <span className={s.name}>{name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

interface FolderProps {
  readonly connection: Connection;
  readonly path: string;
}

function Folder({ connection, path }: FolderProps) {
  const bandId = useBandId();
  const connectionId = connection.id;
  const input = { bandId, connectionId, path };
  const folders = usePages<TrackFolder>(["folders", "list"], input, async (cursor) => {
    const page = await backline.api.library.folders.list.query({ ...input, cursor });
    return { rows: page.folders, next: page.next, total: null };
  });
  const tracks = useTrackPages(bandId, { connectionId, folder: path }, "title");
  const isEmpty = folders.total === 0 && tracks.total === 0;
  return (
    <>
      <Crumbs connection={connection} path={path} />
      {isEmpty ? <NothingInView title={views.empty.folder} text={views.empty.folderText} /> : null}
      {folders.total === null && folders.error ? (
        <FailedView error={folders.error} onRetry={folders.retry} />
      ) : null}
      {folders.rows.length > 0 ? (
        <ul className={s.lines} aria-label={views.foldersOf}>
          {folders.rows.map((folder) => (
            <li key={folder.path}>
              <FolderLink connectionId={connectionId} path={folder.path} className={s.line}>
                <IconFolder size={18} aria-hidden />
                <NameLine row={folder} />
              </FolderLink>
            </li>
          ))}
        </ul>
      ) : null}
      {folders.next === null ? null : (
        <Button
          variant="default"
          loading={folders.isLoading}
          onClick={() => folders.want(folders.rows.length)}
        >
          {views.more}
        </Button>
      )}
      {tracks.total === 0 ? null : <TrackGroup pages={tracks} label={views.tracksOf} />}
    </>
  );
}

/** From the storages down to where one is; each step leads back. */
function Crumbs({ connection, path }: FolderProps) {
  const bandId = useBandId();
  const parts = path === "" ? [] : path.split("/");
  const steps = [
    { name: connection.name, path: "" },
    ...parts.map((name, at) => ({ name, path: parts.slice(0, at + 1).join("/") })),
  ];
  return (
    <nav className={s.crumbs} aria-label={views.path}>
      <Link to="/b/$bandId/library/folders" params={{ bandId }} search={{}} className={s.link}>
        {views.top}
      </Link>
      {steps.map((step) => (
        <span key={step.path} className={s.crumb}>
          <IconChevronRight size={14} aria-hidden />
          {step.path === path ? (
            <span aria-current="location">{step.name}</span>
          ) : (
            <FolderLink connectionId={connection.id} path={step.path} className={s.link}>
              {step.name}
            </FolderLink>
          )}
        </span>
      ))}
    </nav>
  );
}

interface FolderLinkProps {
  readonly connectionId: Connection["id"];
  readonly path: string;
  readonly className: string | undefined;
  readonly children: React.ReactNode;
}

function FolderLink({ connectionId, path, className, children }: FolderLinkProps) {
  const bandId = useBandId();
  const search: FolderSearch = { connection: connectionId, ...(path ? { path } : {}) };
  return (
    <Link
      className={className ?? ""}
      to="/b/$bandId/library/folders"
      params={{ bandId }}
      search={search}
    >
      {children}
    </Link>
  );
}
