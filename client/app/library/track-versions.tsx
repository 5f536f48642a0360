import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EditPage, EditVersion } from "#contract/edits.ts";
import type { EditId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useIsEditor } from "../frame/band.ts";
import { edits as words } from "../words/edits.ts";
import { tagWriting } from "../words/tag-writing.ts";
import { noteLibraryChanged } from "./changes.ts";
import { speakValue } from "./edit-fields.ts";
import s from "./edits.module.css";

const FEW = 10;
const MOST = 100;
const LOOK_EVERY_MS = 3_000;

/** Who has changed what of a recording, and the way back; nothing while nobody has. */
export function TrackVersions({ track }: { readonly track: Track }) {
  const [limit, setLimit] = useState(FEW);
  const { data } = useQuery(
    trpc.library.edits.list.queryOptions(
      { trackId: track.id, limit },
      {
        enabled: track.editId !== null,
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) =>
          state.data?.writing?.state === "waiting" ? LOOK_EVERY_MS : false,
      },
    ),
  );
  if (!data || data.versions.length === 0) return null;
  return (
    <section className={s.versions} aria-label={words.versions}>
      <h2 className={s.title}>{words.versions}</h2>
      <FileState writing={data.writing} />
      <VersionList track={track} page={data} />
      {data.next !== null && limit < MOST ? (
        <Button variant="subtle" color="gray" onClick={() => setLimit(MOST)}>
          {words.earlier}
        </Button>
      ) : null}
    </section>
  );
}

/** Whether the file says it too, and if not, why. */
function FileState({ writing }: { readonly writing: EditPage["writing"] }) {
  if (!writing) return <p className="soft">{words.beside}</p>;
  const { state, message, writtenAt } = writing;
  if (state === "written" && writtenAt) {
    return <p className="soft">{tagWriting.writtenAt(writtenAt)}</p>;
  }
  return (
    <div role="status">
      <p className="soft">{state === "written" ? words.goesIn : tagWriting.state[state]}</p>
      {message === null ? null : <p className={s.trouble}>{message}</p>}
    </div>
  );
}

function VersionList({ track, page }: { readonly track: Track; readonly page: EditPage }) {
  const isEditor = useIsEditor();
  const restore = useMutation(
    trpc.library.edits.restore.mutationOptions({
      onSuccess: () => void notifications.show({ message: words.restored }),
      // Also when somebody was faster: then it is their change that is to be seen.
      onSettled: () => noteLibraryChanged(track.bandId, "over"),
    }),
  );
  const goBack = (editId: EditId | null) =>
    restore.mutate({ trackId: track.id, editId, version: page.version });
  return (
    <>
      <ul className={s.list}>
        {page.versions.map((version) => (
          <Version key={version.id} version={version}>
            {isEditor && version.id !== page.version ? (
              <Button
                size="xs"
                variant="default"
                aria-label={words.restoreOf(version.editedAt)}
                loading={restore.isPending && restore.variables?.editId === version.id}
                onClick={() => goBack(version.id)}
              >
                {words.restore}
              </Button>
            ) : null}
          </Version>
        ))}
      </ul>
      <FormFailure>{restore.error ? sentenceOf(restore.error) : null}</FormFailure>
      {isEditor && page.edited.length > 0 ? (
        <div className={s.foot}>
          <Button
            variant="default"
            loading={restore.isPending && restore.variables?.editId === null}
            onClick={() => goBack(null)}
          >
            {words.original}
          </Button>
        </div>
      ) : null}
    </>
  );
}

interface VersionProps {
  readonly version: EditVersion;
  readonly children: React.ReactNode;
}

const Version = ({ version, children }: VersionProps) => (
  <li className={s.version}>
    <div className={s.what}>
      <div>
        {words.by(version.editedBy, version.isRestored)}{" "}
        <span className="soft">{words.at(version.editedAt)}</span>
      </div>
      <ul className={s.changes}>
        {version.changes.map(({ field, before, after }) => (
          <li key={field}>
            {words.change(words.fields[field], speakValue(field, before), speakValue(field, after))}
          </li>
        ))}
      </ul>
    </div>
    {children}
  </li>
);
