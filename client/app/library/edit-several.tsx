import { ActionIcon, Menu, Modal } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import type { EditField } from "#contract/edits.ts";
import { MOST_EDITED } from "#contract/enough.ts";
import type { Track } from "#contract/library.ts";
import { FormFailure } from "../auth/gate.tsx";
import { edits as words } from "../words/edits.ts";
import {
  type Choice,
  type Choices,
  commonOf,
  findWrong,
  isEmpty,
  toChangesOfSeveral,
} from "./edit-fields.ts";
import { EditFrame, FieldInput } from "./edit-frame.tsx";
import { type Editing, useSavedEdits, useWhereKept } from "./use-saved-edits.ts";

/** Several recordings of one band: what nobody touches stays as it is in each. */
export function EditSeveral({ tracks: given, ...props }: Editing) {
  // What others save meanwhile is not what was seen here, until they were faster.
  const [tracks, setTracks] = useState(given);
  const count = tracks.length;
  return (
    <Modal opened onClose={props.onClose} title={words.several(count)} size="lg">
      {count > MOST_EDITED ? (
        <FormFailure>{words.tooMany(count, MOST_EDITED)}</FormFailure>
      ) : (
        <SeveralForm {...props} tracks={tracks} onStale={setTracks} />
      )}
    </Modal>
  );
}

interface SeveralFormProps extends Editing {
  readonly onStale: (tracks: readonly Track[]) => void;
}

function SeveralForm({ onStale, ...props }: SeveralFormProps) {
  const { tracks, onClose } = props;
  const [choices, setChoices] = useState<Choices>({});
  const save = useSavedEdits(props, onStale);
  const whereKept = useWhereKept(tracks[0]?.bandId);
  const wrong = findWrong(textsOf(choices));
  const choose = (field: EditField, choice: Choice | undefined) =>
    setChoices(({ [field]: _, ...others }) => (choice ? { ...others, [field]: choice } : others));
  const submit = () => {
    const [first] = tracks;
    if (Object.keys(wrong).length > 0) return;
    const changes = toChangesOfSeveral(choices);
    if (!first || isEmpty(changes)) return onClose();
    const seen = tracks.map(({ id, editId }) => ({ trackId: id, version: editId }));
    save.mutate({ bandId: first.bandId, tracks: seen, ...changes });
  };
  return (
    <EditFrame
      hint={`${words.severalHint} ${whereKept}`}
      error={save.error}
      isPending={save.isPending}
      onSubmit={submit}
      onCancel={onClose}
      renderField={(field) => (
        <SeveralField
          field={field}
          common={commonOf(tracks, field)}
          choice={choices[field]}
          error={wrong[field]}
          onChoose={(choice) => choose(field, choice)}
        />
      )}
    />
  );
}

const textsOf = (choices: Choices) =>
  Object.fromEntries(
    Object.entries(choices).flatMap(([field, choice]) =>
      typeof choice === "object" ? [[field, choice.text]] : [],
    ),
  );

interface SeveralFieldProps {
  readonly field: EditField;
  /** What all of them show; `undefined` where they differ. */
  readonly common: string | undefined;
  readonly choice: Choice | undefined;
  readonly error: string | undefined;
  readonly onChoose: (choice: Choice | undefined) => void;
}

function SeveralField({ field, common, choice, error, onChoose }: SeveralFieldProps) {
  const { value, says } = show(common, choice);
  const change = (text: string) => {
    if (text === (common ?? "")) return onChoose(undefined);
    onChoose(text.trim() === "" ? "blank" : { text });
  };
  return (
    <FieldInput
      field={field}
      placeholder={says}
      description={field === "recordedOn" && says ? says : null}
      value={value}
      error={error}
      onType={change}
      rightSectionPointerEvents="all"
      rightSection={<Choose field={field} onChoose={onChoose} />}
    />
  );
}

/** @returns what stands in a field, and what is said where nothing does. */
function show(common: string | undefined, choice: Choice | undefined) {
  if (choice === "file") return { value: "", says: words.asEachFile };
  if (choice === "blank") return { value: "", says: words.emptyInAll };
  if (choice) return { value: choice.text, says: "" };
  return { value: common ?? "", says: common === undefined ? words.differ : "" };
}

const Choose = ({ field, onChoose }: Pick<SeveralFieldProps, "field" | "onChoose">) => (
  <Menu position="bottom-end" width={200}>
    <Menu.Target>
      <ActionIcon aria-label={words.more(words.fields[field])}>
        <IconDots size={16} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item onClick={() => onChoose(undefined)}>{words.keep}</Menu.Item>
      <Menu.Item onClick={() => onChoose("blank")}>{words.emptyInAll}</Menu.Item>
      <Menu.Item onClick={() => onChoose("file")}>{words.asEachFile}</Menu.Item>
    </Menu.Dropdown>
  </Menu>
);
