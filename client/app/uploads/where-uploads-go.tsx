import { Button, Modal, Skeleton, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import type { UploadTarget } from "#contract/uploads.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { sessionQuery } from "../auth/session.ts";
import { useFields } from "../auth/use-fields.ts";
import { bandsQuery } from "../frame/band.ts";
import s from "../frame/confirm.module.css";
import { joined, upload } from "../words/upload.ts";
import { fillIn, wrongPattern } from "./pattern.ts";
import { refreshUploadTarget } from "./target.ts";
import u from "./uploads.module.css";

const words = upload.where;

interface WhereUploadsGoProps {
  readonly bandId: BandId;
  readonly onClose: () => void;
}

/** The folders that uploads are put into, with what comes of them for a recording of today. */
export function WhereUploadsGo({ bandId, onClose }: WhereUploadsGoProps) {
  const target = useQuery(trpc.uploads.target.queryOptions({ bandId }));
  return (
    <Modal opened onClose={onClose} title={words.title}>
      {target.data ? (
        <PatternForm bandId={bandId} target={target.data} onClose={onClose} />
      ) : target.error ? (
        <FormFailure>{sentenceOf(target.error)}</FormFailure>
      ) : (
        <Skeleton height={220} />
      )}
    </Modal>
  );
}

interface PatternFormProps extends WhereUploadsGoProps {
  readonly target: UploadTarget;
}

function PatternForm({ bandId, target, onClose }: PatternFormProps) {
  const save = useMutation(
    trpc.uploads.setPattern.mutationOptions({
      async onSuccess() {
        notifications.show({ message: words.saved });
        onClose();
        queryClient.removeQueries({ queryKey: trpc.uploads.target.pathKey() });
        await refreshUploadTarget();
      },
    }),
  );
  const { field, submit, form } = useFields({
    initial: { pattern: target.pattern },
    findWrong: ({ pattern }) => ({ pattern: wrongPattern(pattern) }),
    onSubmit: ({ pattern }) => save.mutate({ bandId, pattern: pattern.trim() }),
  });
  return (
    <form onSubmit={submit} noValidate aria-label={words.title}>
      <TextInput
        {...field("pattern")}
        label={words.label}
        description={words.hint}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <Example bandId={bandId} target={target} pattern={form.pattern} />
      <p className={s.text}>{words.fillIns}</p>
      <dl className={u.fillIns}>
        {Object.entries(words.names).map(([name, meaning]) => (
          <div key={name}>
            <dt>{`{${name}}`}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <FormFailure>{save.error ? sentenceOf(save.error) : null}</FormFailure>
      <div className={s.actions}>
        {form.pattern.trim() === words.usualPattern ? null : (
          <Button
            className={u.usual ?? ""}
            variant="subtle"
            color="gray"
            onClick={() =>
              field("pattern").onChange({ currentTarget: { value: words.usualPattern } })
            }
          >
            {words.usual}
          </Button>
        )}
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

interface ExampleProps extends Pick<PatternFormProps, "bandId" | "target"> {
  readonly pattern: string;
}

/** Follows what is typed, as long as it makes sense. */
function Example({ bandId, target, pattern }: ExampleProps) {
  const { data: bands = [] } = useQuery(bandsQuery);
  const { data: me } = useQuery(sessionQuery);
  const filling = {
    day: new Date(),
    band: bands.find(({ id }) => id === bandId)?.name ?? "",
    uploader: me?.user.name ?? "",
  };
  const folders = wrongPattern(pattern) === undefined ? fillIn(pattern, filling) : "";
  const path = joined(target.storageName ?? "", folders, words.exampleFile);
  return (
    <p className={u.example} aria-live="polite">
      {words.example}
      <strong>{wrongPattern(pattern) === undefined ? path : "…"}</strong>
    </p>
  );
}
