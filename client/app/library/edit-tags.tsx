import { Button, Modal, Skeleton, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EditField, EditPage } from "#contract/edits.ts";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import c from "../frame/confirm.module.css";
import { edits as words } from "../words/edits.ts";
import { noteLibraryChanged } from "./changes.ts";
import {
  type EditForm,
  FIELDS,
  findWrong,
  isNumber,
  speakValue,
  toEdits,
  toForm,
} from "./edit-fields.ts";
import s from "./edits.module.css";

interface EditTagsProps {
  readonly track: Track;
  readonly onClose: () => void;
}

/** What is shown of a recording, to be changed beside its file. */
export function EditTags({ track, onClose }: EditTagsProps) {
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
        <EditTagsForm track={track} page={data} onClose={onClose} />
      ) : (
        <Skeleton height={420} />
      )}
    </Modal>
  );
}

function EditTagsForm({ track, page, onClose }: EditTagsProps & { readonly page: EditPage }) {
  // What others save meanwhile is not what was seen here.
  const [seen] = useState(page);
  const [form, setForm] = useState<EditForm>(() => toForm(page.shown));
  const save = useMutation(
    trpc.library.edits.save.mutationOptions({
      onSuccess([saved]) {
        notifications.show({ message: words.saved(saved?.title ?? track.title) });
        onClose();
        noteLibraryChanged(track.bandId, "over");
      },
    }),
  );
  const { bandId } = track;
  const { data: band } = useQuery(trpc.library.tagWriting.get.queryOptions({ bandId }));
  const wrong = findWrong(form);
  const submit = () => {
    const fields = toEdits(form, seen.shown);
    if (Object.keys(wrong).length > 0) return;
    if (Object.keys(fields).length === 0) return onClose();
    const tracks = [{ trackId: track.id, version: seen.version }];
    save.mutate({ bandId: track.bandId, tracks, fields });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p className="soft">{band?.isOn ? words.goesIn : words.beside}</p>
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

/** Where it shows something else than the file says, that stands below. */
function Field({ field, value, error, page, onChange }: FieldProps) {
  const unedited = page.unedited[field];
  const isOther = value.trim() !== String(unedited ?? "");
  const says =
    unedited === null ? words.fileSaysNothing : words.fileSays(speakValue(field, unedited));
  return (
    <div className={s.field} data-short={isNumber(field) || field === "recordedOn" || undefined}>
      <TextInput
        label={words.fields[field]}
        description={isOther ? says : null}
        inputWrapperOrder={["label", "input", "description", "error"]}
        type={field === "recordedOn" ? "date" : "text"}
        inputMode={isNumber(field) ? "numeric" : undefined}
        maxLength={isNumber(field) ? 5 : 500}
        autoComplete="off"
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
