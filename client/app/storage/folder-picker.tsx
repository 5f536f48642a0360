import { ActionIcon, Button, Skeleton, Tooltip } from "@mantine/core";
import { IconChevronRight, IconCloudOff, IconFolder, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { FolderPage } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { backline, sentenceOf, trpc } from "../api.ts";
import { Blank } from "../frame/blank.tsx";
import { folders as words } from "../words/folders.ts";
import { frame } from "../words/frame.ts";
import s from "./folder-picker.module.css";
import { SuggestedFolders } from "./suggested-folders.tsx";

interface FolderPickerProps {
  readonly connectionId: ConnectionId;
  /** The folder that is open; `null`: the top. */
  readonly folder: string | null;
  readonly onOpen: (folder: string | null) => void;
}

const useFolder = (connectionId: ConnectionId, folder: string | null) =>
  useInfiniteQuery({
    // Not tRPC's own options: they send a `direction` along, which the server does not take.
    queryKey: trpc.connections.browse.infiniteQueryKey({ connectionId, folder }),
    queryFn: ({ pageParam, signal }) =>
      backline.api.connections.browse.query(
        { connectionId, folder, cursor: pageParam },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 60_000,
    retry: false,
  });

export function FolderPicker({ connectionId, folder, onOpen }: FolderPickerProps) {
  const listing = useFolder(connectionId, folder);
  const pages = listing.data?.pages ?? [];
  const breadcrumb = pages[0]?.breadcrumb ?? toBreadcrumb(folder);
  return (
    <section className={s.picker} aria-label={words.breadcrumb} aria-busy={listing.isFetching}>
      <div className={s.bar}>
        <Breadcrumb parts={breadcrumb} onOpen={onOpen} />
        <Tooltip label={words.refresh}>
          <ActionIcon
            aria-label={words.refresh}
            loading={listing.isRefetching}
            onClick={() => listing.refetch()}
          >
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {folder === null ? <SuggestedFolders connectionId={connectionId} onOpen={onOpen} /> : null}
      <div className={s.list}>
        {listing.error ? (
          <Blank
            isFailure
            icon={<IconCloudOff size={24} />}
            title={words.failed}
            text={sentenceOf(listing.error)}
          >
            <Button onClick={() => listing.refetch()}>{frame.tryAgain}</Button>
          </Blank>
        ) : listing.isPending ? (
          <FolderSkeleton />
        ) : (
          <Folders pages={pages} onOpen={onOpen} />
        )}
        {listing.hasNextPage ? (
          <Button
            className={s.more ?? ""}
            variant="default"
            loading={listing.isFetchingNextPage}
            onClick={() => listing.fetchNextPage()}
          >
            {words.more}
          </Button>
        ) : null}
      </div>
    </section>
  );
}

interface FoldersProps {
  readonly pages: readonly FolderPage[];
  readonly onOpen: (folder: string) => void;
}

function Folders({ pages, onOpen }: FoldersProps) {
  const folders = pages.flatMap((page) => page.folders);
  const audioFiles = pages.reduce((sum, page) => sum + page.audioFileCount, 0);
  return (
    <>
      {folders.length > 0 ? (
        <ul className={s.folders}>
          {folders.map(({ ref, name }) => (
            <li key={ref}>
              <button type="button" className={s.folder} onClick={() => onOpen(ref)}>
                <IconFolder size={18} stroke={1.6} aria-hidden />
                <span className="cut">{name}</span>
                <IconChevronRight size={16} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p className={s.note}>{words.noFolders}</p>
      )}
      {audioFiles > 0 ? <p className={s.note}>{words.audioHere(audioFiles)}</p> : null}
    </>
  );
}

interface BreadcrumbProps {
  readonly parts: FolderPage["breadcrumb"];
  readonly onOpen: (folder: string | null) => void;
}

function Breadcrumb({ parts, onOpen }: BreadcrumbProps) {
  return (
    <nav aria-label={words.breadcrumb} className={s.crumbs}>
      <ol>
        {parts.map(({ ref, name }, at) => (
          <li key={ref ?? ""}>
            {at > 0 ? <IconChevronRight size={14} aria-hidden /> : null}
            {at === parts.length - 1 ? (
              <span className={s.here} aria-current="location">
                {name}
              </span>
            ) : (
              <button type="button" className={s.crumb} onClick={() => onOpen(ref)}>
                {name}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** While the storage has not answered: what its address says, so that nothing jumps. */
const toBreadcrumb = (folder: string | null): FolderPage["breadcrumb"] => [
  { ref: null, name: "…" },
  ...(folder === null ? [] : [{ ref: folder, name: folder.split("/").at(-1) ?? folder }]),
];

const FolderSkeleton = () =>
  [0.4, 0.6, 0.3, 0.5, 0.45].map((width) => (
    <div key={width} className={s.folder}>
      <Skeleton height={12} width={`${width * 60}%`} />
    </div>
  ));
