import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconMusic, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useBandId } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { Failed } from "../frame/failed.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { library } from "../words/library.ts";
import { views } from "../words/views.ts";
import { type LibrarySearch, PRESETS, type Preset, presetOf } from "./list-query.ts";
import s from "./views.module.css";

interface ViewTabsProps {
  /** What the list of tracks is narrowed to, where it is what is seen. */
  readonly search?: LibrarySearch;
}

const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

/** The ways to look at the library; each is an address. */
export function ViewTabs({ search = {} }: ViewTabsProps) {
  const params = { bandId: useBandId() };
  const here = presetOf(search);
  const exact = { exact: true, includeSearch: here !== null };
  const loose = { includeSearch: false };
  return (
    <nav className={s.tabs} aria-label={views.navigation}>
      <Link className={s.tab} to="/b/$bandId/library" params={params} activeOptions={exact}>
        {views.names.tracks}
      </Link>
      {PRESET_NAMES.map((preset) => (
        <Link
          key={preset}
          className={s.tab}
          to="/b/$bandId/library"
          params={params}
          search={preset === here ? search : PRESETS[preset]}
          activeOptions={{ exact: true }}
        >
          {views.presets[preset]}
        </Link>
      ))}
      <Link className={s.tab} to="/b/$bandId/library/albums" params={params} activeOptions={loose}>
        {views.names.albums}
      </Link>
      <Link className={s.tab} to="/b/$bandId/library/artists" params={params} activeOptions={loose}>
        {views.names.artists}
      </Link>
      <Link className={s.tab} to="/b/$bandId/library/genres" params={params} activeOptions={loose}>
        {views.names.genres}
      </Link>
      <Link className={s.tab} to="/b/$bandId/library/folders" params={params} activeOptions={loose}>
        {views.names.folders}
      </Link>
    </nav>
  );
}

interface ViewScreenProps {
  readonly title: string;
  readonly note?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function ViewScreen({ title, note, actions, children }: ViewScreenProps) {
  useScreenTitle(`${library.title}: ${title}`);
  return (
    <div className={s.page}>
      <div className={s.head}>
        <h1 className={s.title}>{title}</h1>
        <output className="soft times">{note ?? ""}</output>
        {actions ? <div className={s.actions}>{actions}</div> : null}
      </div>
      <ViewTabs />
      {children}
    </div>
  );
}

const PAUSE_MS = 250;

interface FindProps {
  readonly q: string;
  readonly onFind: (q: string) => void;
}

/** What is typed is in the address a moment later. */
export function Find({ q, onFind }: FindProps) {
  const [text, setText] = useState(q);
  const find = useDebouncedCallback(onFind, PAUSE_MS);
  const change = (next: string) => {
    setText(next);
    find(next);
  };
  return (
    <TextInput
      aria-label={views.find}
      placeholder={views.find}
      value={text}
      maxLength={200}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text ? <CloseButton aria-label={views.clear} size="sm" onClick={() => change("")} /> : null
      }
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

interface NothingProps {
  readonly title: string;
  readonly text: string;
}

export function NothingInView({ title, text }: NothingProps) {
  const bandId = useBandId();
  return (
    <Blank icon={<IconMusic size={24} />} title={title} text={text}>
      <ButtonLink to="/b/$bandId/library" params={{ bandId }}>
        {views.empty.toTracks}
      </ButtonLink>
    </Blank>
  );
}

interface FailedProps {
  readonly error: unknown;
  readonly onRetry: () => void;
}

export const FailedView = ({ error, onRetry }: FailedProps) => (
  <Failed title={views.failed} error={error} onRetry={onRetry} />
);
