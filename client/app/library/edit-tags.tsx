import { Button, Modal, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EditField, EditPage } from "#contract/edits.ts";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import c from "../frame/confirm.module.css";
import { edits as words } from "../words/edits.ts";
import {
  type EditForm,
  FIELDS,
  findWrong,
  isEmpty,
  isNumber,
  speakValue,
  textOf,
  toChanges,
  toForm,
} from "./edit-fields.ts";
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
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p className="soft">{whereKept}</p>
      <div className={s.fields}>
        {FIELDS.map((field) => (
          <Field
            key={field}
            field={field}
            value={form[field]}
            error={wrong[field]}
            page={seen}
            onChange={(value) => setForm((now) => ({ ...now, [field]: value }))}
          />
        ))}
      </div>
      <FormFailure>{save.error ? sentenceOf(save.error) : null}</FormFailure>
      <div className={c.actions}>
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={save.isPending}>
          {words.save}
        </Button>
      </div>
    </form>
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
    <div className={s.field} data-short={isNumber(field) || field === "recordedOn" || undefined}>
      <TextInput
        label={words.fields[field]}
        description={isOther ? hint : null}
        inputWrapperOrder={["label", "input", "description", "error"]}
        type={field === "recordedOn" ? "date" : "text"}
        inputMode={isNumber(field) ? "numeric" : undefined}
        maxLength={isNumber(field) ? 5 : 500}
        autoComplete="off"
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
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
    </div>
  );
}
