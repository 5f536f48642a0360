import { Button, Skeleton, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import type { TagWriting } from "#contract/tag-writing.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useIsOwner } from "../frame/band.ts";
import { Section } from "../frame/screen.tsx";
import { tagWriting as words } from "../words/tag-writing.ts";
import s from "./naming.module.css";

const LOOK_EVERY_MS = 2_000;

/** Whether what a band edits goes into its files, and how far that is. */
export function TagWritingSection({ bandId }: { readonly bandId: BandId }) {
  const { data, error } = useQuery(
    trpc.library.tagWriting.get.queryOptions(
      { bandId },
      { refetchInterval: ({ state }) => (isBusy(state.data) ? LOOK_EVERY_MS : false) },
    ),
  );
  return (
    <Section title={words.title}>
      <p className={s.text}>{words.text}</p>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      {data ? <WritingSwitch writing={data} /> : <Skeleton height={64} />}
    </Section>
  );
}

const isBusy = (writing: TagWriting | undefined): boolean =>
  writing?.isOn === true && writing.waiting > 0;

function WritingSwitch({ writing }: { readonly writing: TagWriting }) {
  const { bandId, isOn } = writing;
  const isOwner = useIsOwner();
  const keep = (saved: TagWriting): void => {
    queryClient.setQueryData(trpc.library.tagWriting.get.queryOptions({ bandId }).queryKey, saved);
    void queryClient.invalidateQueries({ queryKey: trpc.library.edits.pathKey() });
  };
  const set = useMutation(
    trpc.library.tagWriting.set.mutationOptions({
      onSuccess(saved) {
        notifications.show({ message: saved.isOn ? words.on : words.off });
        keep(saved);
      },
    }),
  );
  const writeAll = useMutation(
    trpc.library.tagWriting.writeAll.mutationOptions({ onSuccess: keep }),
  );
  const failure = set.error ?? writeAll.error;
  return (
    <>
      <Switch
        label={words.label}
        checked={isOn}
        disabled={!isOwner || set.isPending}
        onChange={(event) => set.mutate({ bandId, isOn: event.currentTarget.checked })}
      />
      {isOwner ? null : <p className="soft">{words.readOnly}</p>}
      {isOn ? <Figures writing={writing} /> : null}
      {isOwner && isOn && writing.beside + writing.failed > 0 ? (
        <Button
          variant="default"
          loading={writeAll.isPending}
          onClick={() => writeAll.mutate({ bandId })}
        >
          {words.now}
        </Button>
      ) : null}
      <FormFailure>{failure ? sentenceOf(failure) : null}</FormFailure>
    </>
  );
}

const FIGURES = ["waiting", "failed", "beside", "written"] as const;

const Figures = ({ writing }: { readonly writing: TagWriting }) => (
  <div role="status">
    <ul className={s.figures}>
      {FIGURES.filter((each) => writing[each] > 0).map((each) => (
        <li key={each}>{words[each](writing[each])}</li>
      ))}
    </ul>
  </div>
);
