import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { sentenceOf } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Failed } from "../frame/failed.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { DropZone } from "../uploads/drop-zone.tsx";
import { UploadButton } from "../uploads/upload-button.tsx";
import { frame } from "../words/frame.ts";
import { library } from "../words/library.ts";
import { AbsentStorages } from "./absent-storages.tsx";
import { EmptyLibrary } from "./empty-library.tsx";
import { Filters } from "./filters.tsx";
import s from "./library.module.css";
import { isFiltered, type LibrarySearch } from "./list-query.ts";
import { Matches } from "./matches.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import type { TrackListState } from "./track-list.ts";
import { type KeptList, openTrackList, useTrackList } from "./track-lists.ts";
import { SkeletonRow } from "./track-row.tsx";
import table from "./track-table.module.css";
import { TrackTable } from "./track-table.tsx";
import { useFirstPlay } from "./use-first-play.ts";
import { useLibraryChanges } from "./use-library-changes.ts";
import { ViewTabs } from "./view-screen.tsx";

export function LibraryPage() {
  const bandId = useBandId();
  const search = useSearch({ from: "/b/$bandId/library" });
  const kept = useMemo(() => openTrackList(bandId, search), [bandId, search]);
  const state = useTrackList(kept.list);
  const isCompact = useMediaQuery("(max-width: 767px)", undefined, {
    getInitialValueInEffect: false,
  });
  const { hasNews, showNews } = useLibraryChanges(kept);
  useScreenTitle(search.q ? `${library.title}: ${search.q}` : library.title);
  useFirstPlay(kept, state);
  useEffect(() => kept.list.want(0), [kept]);

  return (
    <div className={s.page}>
      <div className={s.head}>
        <h1 className={s.title}>{library.title}</h1>
        <output className="soft times">{countOf(state, search)}</output>
        <div className={s.actions}>
          <UploadButton isShort={isCompact} />
          <Filters search={search} isCompact={isCompact} />
        </div>
      </div>
      <ViewTabs search={search} />
      <DropZone />
      <AbsentStorages />
      {hasNews ? (
        <div className={s.news}>
          <span>{library.changed}</span>
          <Button variant="default" size="compact-sm" onClick={showNews}>
            {library.showChanges}
          </Button>
        </div>
      ) : null}
      {search.q ? <Matches q={search.q} /> : null}
      {search.q && state.correctedSearch ? (
        <output className={s.news}>{library.corrected(search.q, state.correctedSearch)}</output>
      ) : null}
      <SelectionBar selection={kept.selection} />
      <div className={s.list}>
        <Tracks kept={kept} state={state} search={search} isCompact={isCompact} />
      </div>
      {state.error !== null && state.loaded > 0 ? <MoreFailed kept={kept} state={state} /> : null}
    </div>
  );
}

function countOf({ total, next }: TrackListState, search: LibrarySearch): string {
  if (total === null) return "";
  if (!isFiltered(search)) return library.tracks(total);
  const most = search.q ? 1_000 : 100_000;
  return library.found(total, next === null ? Number.POSITIVE_INFINITY : most);
}

interface TracksProps {
  readonly kept: KeptList;
  readonly state: TrackListState;
  readonly search: LibrarySearch;
  readonly isCompact: boolean;
}

function Tracks({ kept, state, search, isCompact }: TracksProps) {
  if (state.total === 0) return <EmptyLibrary search={search} />;
  if (state.total !== null) {
    // Another list is another table: its scroll position and active row are its own.
    return (
      <TrackTable key={kept.id} kept={kept} state={state} search={search} isCompact={isCompact} />
    );
  }
  if (state.error === null) return <LoadingTable isCompact={isCompact} />;
  return <Failed title={library.failure.title} error={state.error} onRetry={kept.list.retry} />;
}

const ROWS_OF_A_SCREEN = 16;

/** As large as what comes, so that nothing jumps. */
function LoadingTable({ isCompact }: { readonly isCompact: boolean }) {
  return (
    <table className={table.scroller} data-compact={isCompact || undefined} aria-hidden="true">
      <thead>
        <tr className={table.head} />
      </thead>
      <tbody className={table.body}>
        {Array.from({ length: ROWS_OF_A_SCREEN }, (_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
          <SkeletonRow key={at} />
        ))}
      </tbody>
    </table>
  );
}

function MoreFailed({ kept, state }: Pick<TracksProps, "kept" | "state">) {
  return (
    <div className={s.news} role="alert">
      <span>
        {library.failure.more} {sentenceOf(state.error)}
      </span>
      <Button variant="default" size="compact-sm" onClick={kept.list.retry}>
        {frame.tryAgain}
      </Button>
    </div>
  );
}
