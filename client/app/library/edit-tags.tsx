import { Button, Modal, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EditField, EditPage } from "#contract/edits.ts";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { edits as words } from "../words/edits.ts";
import {
  type EditForm,
  findWrong,
  isEmpty,
  speakValue,
  textOf,
  toChanges,
  toForm,
} from "./edit-fields.ts";
import { EditFrame, FieldInput } from "./edit-frame.tsx";
import { EditSeveral } from "./edit-several.tsx";
import s from "./edits.module.css";
import { type Editing, useSavedEdits, useWhereKept } from "./use-saved-edits.ts";

/** What is shown of recordings, to be changed beside their files. */
export function EditTags(editing: Editing) {
  const [track, ...others] = editing.tracks;
  if (!track) return null;
  return others.length === 0 ? (
    <EditOne {...editing} track={track} />
  ) : (
    <EditSeveral {...editing} />
  );
}

interface EditOneProps extends Editing {
  readonly track: Track;
}

function EditOne(props: EditOneProps) {
  const { track, onClose } = props;
  const { data, error, isFetchedAfterMount } = useQuery(
    trpc.library.edits.list.queryOptions(
      { trackId: track.id, limit: 1 },
      { staleTime: 0, refetchOnMount: "always" },
    ),
  );
  return (
    <Modal opened onClose={onClose} title={words.dialog(track.title)} size="lg">
      {error ? (
        <FormFailure>{sentenceOf(error)}</FormFailure>
      ) : data && isFetchedAfterMount ? (
        <EditTagsForm {...props} page={data} />
      ) : (
        <Skeleton height={420} />
      )}
    </Modal>
  );
}

function EditTagsForm({ page, ...props }: EditOneProps & { readonly page: EditPage }) {
  const { track, onClose } = props;
  // What others save meanwhile is not what was seen here.
  const [seen] = useState(page);
  const [form, setForm] = useState<EditForm>(() => toForm(page));
  const save = useSavedEdits(props);
  const whereKept = useWhereKept(track.bandId);
  const wrong = findWrong(form);
  const submit = () => {
    if (Object.keys(wrong).length > 0) return;
    const changes = toChanges(form, seen);
    if (isEmpty(changes)) return onClose();
    const tracks = [{ trackId: track.id, version: seen.version }];
    save.mutate({ bandId: track.bandId, tracks, ...changes });
  };
  return (
    <EditFrame
      hint={whereKept}
      error={save.error}
      isPending={save.isPending}
      onSubmit={submit}
      onCancel={onClose}
      renderField={(field) => (
        <Field
          field={field}
          value={form[field]}
          error={wrong[field]}
          page={seen}
          onChange={(value) => setForm((now) => ({ ...now, [field]: value }))}
        />
      )}
    />
  );
}

interface FieldProps {
  readonly field: EditField;
  readonly value: string;
  readonly error: string | undefined;
  readonly page: EditPage;
  readonly onChange: (value: string) => void;
}

/** Where it shows something else than the file says, that stands below, with the way back. */
function Field({ field, value, error, page, onChange }: FieldProps) {
  const unedited = page.unedited[field];
  const isOther = value.trim() !== textOf(unedited);
  const says =
    unedited === null ? words.fileSaysNothing : words.fileSays(speakValue(field, unedited));
  const hint = field === "title" && value.trim() === "" ? `${says}. ${words.emptyTitle}` : says;
  return (
    <>
      <FieldInput
        field={field}
        description={isOther ? hint : null}
        value={value}
        error={error}
        onType={onChange}
      />
      {isOther ? (
        <Button
          className={s.back ?? ""}
          variant="subtle"
          size="compact-xs"
          aria-label={words.asFileHas(words.fields[field])}
          onClick={() => onChange(textOf(unedited))}
        >
          {words.asFile}
        </Button>
      ) : null}
    </>
  );
}
