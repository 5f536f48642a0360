import { IconCloudPlus, IconMusicOff, IconSearchOff } from "@tabler/icons-react";
import type { Connection } from "#contract/connections.ts";
import { useBandId, useIsOwner } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { Pulse } from "../frame/pulse.tsx";
import { useConnections } from "../storage/connections.ts";
import { isBusy } from "../storage/scan.ts";
import { UploadButton } from "../uploads/upload-button.tsx";
import { library } from "../words/library.ts";
import { storage } from "../words/storage.ts";
import { isFiltered, type LibrarySearch } from "./list-query.ts";

const words = library.empty;

/** No row to show, and why. */
export function EmptyLibrary({ search }: { readonly search: LibrarySearch }) {
  const bandId = useBandId();
  const { data: connections } = useConnections(bandId);
  if (isFiltered(search)) return <NoMatch search={search} />;
  if (connections?.length === 0) return <NoStorage />;
  const busy = connections?.find(isBusy);
  if (busy) return <Scanning connection={busy} />;
  return (
    <Blank icon={<IconMusicOff size={24} />} title={words.nothing} text={words.nothingText}>
      <UploadButton isOnlyIfPossible isMain />
      <ButtonLink variant="default" to="/b/$bandId/storage" params={{ bandId }}>
        {words.toStorage}
      </ButtonLink>
    </Blank>
  );
}

/** Only what is asked for alone can be said to be all. */
function sayNothing({ q, listened, state, connection }: LibrarySearch) {
  if (q) return { title: words.noMatch(q), text: words.noMatchText };
  if (listened && !state && !connection) {
    return { title: words.listened[listened], text: words.listened[`${listened}Text`] };
  }
  return { title: words.noMatchFilter, text: "" };
}

function NoMatch({ search }: { readonly search: LibrarySearch }) {
  const bandId = useBandId();
  return (
    <Blank icon={<IconSearchOff size={24} />} {...sayNothing(search)}>
      <ButtonLink variant="default" to="/b/$bandId/library" params={{ bandId }} search={{}}>
        {words.clear}
      </ButtonLink>
    </Blank>
  );
}

function NoStorage() {
  const bandId = useBandId();
  const isOwner = useIsOwner();
  return (
    <Blank icon={<IconCloudPlus size={24} />} title={words.noStorage} text={words.noStorageText}>
      {isOwner ? (
        <ButtonLink to="/b/$bandId/storage/add" params={{ bandId }} search={{}}>
          {words.add}
        </ButtonLink>
      ) : null}
    </Blank>
  );
}

const Scanning = ({ connection: { name, scan } }: { readonly connection: Connection }) => (
  <Blank
    icon={<Pulse />}
    title={words.scanning}
    text={
      <>
        {name}: {scan ? storage.scan.short(scan) : storage.scan.states.queued}. {words.scanningText}
      </>
    }
  />
);
