import { Button, Menu } from "@mantine/core";
import { IconFilter, IconX } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { Connection } from "#contract/connections.ts";
import type { TrackSort } from "#contract/library.ts";
import { useBandId } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";
import { library } from "../words/library.ts";
import s from "./filters.module.css";
import {
  directionOf,
  type LibrarySearch,
  SORTS,
  sortBy,
  sortOf,
  usualSortOf,
} from "./list-query.ts";

interface FiltersProps {
  readonly search: LibrarySearch;
  /** Without a header row the order is chosen here. */
  readonly isCompact: boolean;
}

const ALL = "all";
const STATES = ["present", "missing", "failed"] as const;

export function Filters({ search, isCompact }: FiltersProps) {
  const { data: connections = [] } = useConnections(useBandId());
  return (
    <div className={s.filters}>
      <Chips search={search} connections={connections} />
      <Menu position="bottom-end" width={224}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconFilter size={16} aria-hidden />}>
            {library.filter}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {isCompact ? <SortItems search={search} /> : null}
          <StateItems search={search} />
          <ListenedItems search={search} />
          {connections.length > 1 ? (
            <StorageItems search={search} connections={connections} />
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** Changes the address, which is the filter. */
function useChange() {
  const navigate = useNavigate({ from: "/b/$bandId/library" });
  return (search: LibrarySearch) => void navigate({ search });
}

/** The search without one of its parts. */
function without(search: LibrarySearch, part: keyof LibrarySearch): LibrarySearch {
  const { [part]: _, ...rest } = search;
  return rest;
}

interface ChoicesProps {
  readonly label: string;
  readonly chosen: string;
  readonly choices: readonly (readonly [value: string, label: string])[];
  readonly onChoose: (value: string) => void;
}

const Choices = ({ label, chosen, choices, onChoose }: ChoicesProps) => (
  <>
    <Menu.Label>{label}</Menu.Label>
    <Menu.RadioGroup value={chosen} onChange={onChoose}>
      {choices.map(([value, name]) => (
        <Menu.RadioItem key={value} value={value}>
          {name}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  </>
);

function SortItems({ search }: { readonly search: LibrarySearch }) {
  const change = useChange();
  const usual = usualSortOf(search);
  const sorts: TrackSort[] = usual === "relevance" ? [usual, ...SORTS] : [...SORTS];
  const choose = (value: string) => {
    const sort = sorts.find((each) => each === value);
    if (sort) change(sortBy(search, sort));
  };
  return (
    <>
      <Choices
        label={library.sortBy}
        chosen={sortOf(search)}
        choices={sorts.map((sort) => [sort, library.columns[sort]])}
        onChoose={choose}
      />
      <Menu.Divider />
      <Choices
        label={library.direction}
        chosen={directionOf(search)}
        choices={[
          ["ascending", library.directions.ascending],
          ["descending", library.directions.descending],
        ]}
        onChoose={() => change(sortBy(search, sortOf(search)))}
      />
      <Menu.Divider />
    </>
  );
}

function StateItems({ search }: { readonly search: LibrarySearch }) {
  const change = useChange();
  const choose = (value: string) => {
    const state = STATES.find((each) => each === value);
    change({ ...without(search, "state"), ...(state ? { state } : {}) });
  };
  return (
    <Choices
      label={library.stateFilter}
      chosen={search.state ?? ALL}
      choices={[
        [ALL, library.states.all],
        ...STATES.map((state) => [state, library.states[state]] as const),
      ]}
      onChoose={choose}
    />
  );
}

const LISTENED = ["favourite", "unplayed"] as const;

function ListenedItems({ search }: { readonly search: LibrarySearch }) {
  const change = useChange();
  const choose = (value: string) => {
    const listened = LISTENED.find((each) => each === value);
    change({ ...without(search, "listened"), ...(listened ? { listened } : {}) });
  };
  return (
    <>
      <Menu.Divider />
      <Choices
        label={library.listened.label}
        chosen={search.listened ?? ALL}
        choices={[
          [ALL, library.listened.all],
          ...LISTENED.map((each) => [each, library.listened[each]] as const),
        ]}
        onChoose={choose}
      />
    </>
  );
}

interface StorageProps {
  readonly search: LibrarySearch;
  readonly connections: readonly Connection[];
}

function StorageItems({ search, connections }: StorageProps) {
  const change = useChange();
  const choose = (value: string) => {
    const chosen = connections.find(({ id }) => id === value);
    change({ ...without(search, "connection"), ...(chosen ? { connection: chosen.id } : {}) });
  };
  return (
    <>
      <Menu.Divider />
      <Choices
        label={library.storageFilter}
        chosen={search.connection ?? ALL}
        choices={[
          [ALL, library.everyStorage],
          ...connections.map(({ id, name }) => [id, name] as const),
        ]}
        onChoose={choose}
      />
    </>
  );
}

/** What narrows the list, each to be taken away by a click. */
function Chips({ search, connections }: StorageProps) {
  const change = useChange();
  const { state, listened, connection, q } = search;
  const name = connections.find((each) => each.id === connection)?.name;
  return (
    <>
      {q ? <Chip label={`“${q}”`} onRemove={() => change(without(search, "q"))} /> : null}
      {state ? (
        <Chip label={library.states[state]} onRemove={() => change(without(search, "state"))} />
      ) : null}
      {listened ? (
        <Chip
          label={library.listened[listened]}
          onRemove={() => change(without(search, "listened"))}
        />
      ) : null}
      {name ? <Chip label={name} onRemove={() => change(without(search, "connection"))} /> : null}
    </>
  );
}

const Chip = ({ label, onRemove }: { readonly label: string; readonly onRemove: () => void }) => (
  <button
    type="button"
    className={s.chip}
    aria-label={library.removeFilter(label)}
    onClick={onRemove}
  >
    <span className="cut">{label}</span>
    <IconX size={14} aria-hidden />
  </button>
);
