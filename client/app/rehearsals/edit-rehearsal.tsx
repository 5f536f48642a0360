import { Button, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { TrackId } from "#contract/ids.ts";
import type { SuggestedRehearsal, WholeRehearsal } from "#contract/rehearsals.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useFields } from "../auth/use-fields.ts";
import { useBandId } from "../frame/band.ts";
import s from "../shares/shares.module.css";
import { rehearsals } from "../words/rehearsals.ts";
import { noteRehearsal, useSuggested } from "./rehearsals.ts";

interface EditRehearsalProps {
  /** The one that is changed; a new one when left out. */
  readonly rehearsal?: WholeRehearsal;
  /** What a new one begins with. */
  readonly trackIds?: readonly TrackId[];
  readonly onClose: () => void;
  /** Left out: the page of a new one opens. */
  readonly onMade?: (rehearsal: WholeRehearsal) => void;
}

const NOWHERE: readonly SuggestedRehearsal[] = [];

/** The calendar's day where the browser is. */
function today(): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 10);
}

/** Asks for a rehearsal's day, title and notes; of a new one for the folder of its recordings, too. */
export function EditRehearsal({ rehearsal, trackIds = [], onClose, onMade }: EditRehearsalProps) {
  const bandId = useBandId();
  const navigate = useNavigate();
  const [folder, setFolder] = useState<SuggestedRehearsal | null>(null);
  const isFromFolder = !rehearsal && trackIds.length === 0;
  const suggested = useSuggested(bandId, isFromFolder).data ?? NOWHERE;
  const onSuccess = async (saved: WholeRehearsal) => {
    onClose();
    await noteRehearsal(saved);
    if (onMade) onMade(saved);
    else if (!rehearsal) {
      const params = { bandId, rehearsalId: saved.id };
      void navigate({ to: "/b/$bandId/rehearsals/$rehearsalId", params });
    }
  };
  const create = useMutation(trpc.library.rehearsals.create.mutationOptions({ onSuccess }));
  const update = useMutation(trpc.library.rehearsals.update.mutationOptions({ onSuccess }));
  const { error, isPending } = rehearsal ? update : create;
  const fields = useFields({
    initial: {
      heldOn: rehearsal?.heldOn ?? today(),
      title: rehearsal?.title ?? rehearsals.usualName,
      notes: rehearsal?.notes ?? "",
    },
    findWrong: ({ heldOn, title }) => ({
      heldOn: heldOn ? undefined : rehearsals.dayMissing,
      title: title.trim() ? undefined : rehearsals.nameMissing,
    }),
    onSubmit: (form) => {
      if (rehearsal) return update.mutate({ rehearsalId: rehearsal.id, ...form });
      const from = folder && { connectionId: folder.connectionId, path: folder.path };
      create.mutate({ bandId, ...form, trackIds: [...trackIds], folder: from });
    },
  });
  const choose = (index: number) => {
    const chosen = suggested[index] ?? null;
    setFolder(chosen);
    if (!chosen) return;
    fields.field("heldOn").onChange({ currentTarget: { value: chosen.heldOn } });
    fields.field("title").onChange({ currentTarget: { value: chosen.title } });
  };
  return (
    <Modal opened onClose={onClose} title={rehearsal ? rehearsals.editTitle : rehearsals.create}>
      <form className={s.form} onSubmit={fields.submit} noValidate>
        {isFromFolder && suggested.length > 0 ? (
          <NativeSelect
            label={rehearsals.folder}
            data={[
              { value: "-1", label: rehearsals.noFolder },
              ...suggested.map(({ path, trackCount }, index) => ({
                value: String(index),
                label: rehearsals.folderOption(path, trackCount),
              })),
            ]}
            rightSection={<IconChevronDown size={16} aria-hidden />}
            onChange={(event) => choose(Number(event.currentTarget.value))}
          />
        ) : null}
        <TextInput {...fields.field("heldOn")} type="date" label={rehearsals.day} />
        <TextInput
          {...fields.field("title")}
          label={rehearsals.name}
          maxLength={200}
          data-autofocus
        />
        <Textarea
          {...fields.field("notes")}
          label={rehearsals.notes}
          description={rehearsals.notesHint}
          maxLength={10_000}
          rows={4}
        />
        <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
        <div className={s.actions}>
          <Button type="submit" loading={isPending}>
            {rehearsal ? rehearsals.save : rehearsals.submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
