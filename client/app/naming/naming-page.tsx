import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { BandId } from "#contract/ids.ts";
import type { Naming, NamingPreview } from "#contract/naming.ts";
import { queryClient, refusalOf, sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { BackLink } from "../frame/back-link.tsx";
import { useBandId, useIsOwner } from "../frame/band.ts";
import { Screen, Section } from "../frame/screen.tsx";
import { noteLibraryChanged } from "../library/changes.ts";
import { naming as words } from "../words/naming.ts";
import s from "./naming.module.css";
import { Patterns } from "./patterns.tsx";
import { Preview } from "./preview.tsx";
import { TagWritingSection } from "./tag-writing.tsx";

const LOOK_EVERY_MS = 1500;

/** What a band's files are called by when they have no tags, tried out while it is written. */
export function NamingPage() {
  const bandId = useBandId();
  const { data, error } = useQuery(
    trpc.library.naming.get.queryOptions(
      { bandId },
      { refetchInterval: ({ state }) => (state.data?.isApplying ? LOOK_EVERY_MS : false) },
    ),
  );
  useNoteApplied(bandId, data);
  return (
    <Screen title={words.title}>
      <BackLink to="/b/$bandId/settings" params={{ bandId }}>
        {words.back}
      </BackLink>
      <p className={s.text}>{words.text}</p>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      {data ? <RuleForm key={data.version} naming={data} /> : <Skeleton height={320} />}
      <div className={s.below}>
        <TagWritingSection bandId={bandId} />
      </div>
    </Screen>
  );
}

/** Lists that are open show the new names once all are made. */
function useNoteApplied(bandId: BandId, naming: Naming | undefined): void {
  const wasApplying = useRef(false);
  const isApplying = naming?.isApplying ?? false;
  useEffect(() => {
    if (wasApplying.current && !isApplying) noteLibraryChanged(bandId, "over");
    wasApplying.current = isApplying;
  }, [bandId, isApplying]);
}

type Rule = Naming["rule"];

/** An empty field is no pattern. */
const filled = (patterns: readonly string[]): string[] =>
  patterns.map((each) => each.trim()).filter((each) => each !== "");

function RuleForm({ naming }: { readonly naming: Naming }) {
  const { bandId, version } = naming;
  const isOwner = useIsOwner();
  const [rule, setRule] = useState<Rule>(naming.rule);
  const [problems, setProblems] = useState<NamingPreview["problems"]>([]);
  const save = useMutation(
    trpc.library.naming.save.mutationOptions({
      onSuccess(saved) {
        notifications.show({ message: words.saved });
        queryClient.setQueryData(trpc.library.naming.get.queryOptions({ bandId }).queryKey, saved);
      },
    }),
  );
  const given = { names: filled(rule.names), folders: filled(rule.folders) };
  const isChanged = JSON.stringify(given) !== JSON.stringify(naming.rule);
  const listOf = (list: "names" | "folders") => (
    <Patterns
      list={list}
      patterns={rule[list]}
      problems={problems.filter((each) => each.list === list)}
      isReadOnly={!isOwner}
      onChange={(patterns) => setRule((now) => ({ ...now, [list]: patterns }))}
    />
  );
  return (
    <form
      noValidate
      aria-label={words.title}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ bandId, rule: given, version });
      }}
    >
      <div className={s.lists}>
        {listOf("names")}
        {listOf("folders")}
      </div>
      <p className={s.hint}>{words.usual}</p>
      {isOwner ? (
        <div className={s.save}>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!isChanged || problems.length > 0}
          >
            {words.save}
          </Button>
          <Saved naming={naming} />
        </div>
      ) : (
        <p className="soft">{words.readOnly}</p>
      )}
      <FormFailure>{save.error ? sentenceOf(save.error) : null}</FormFailure>
      {refusalOf(save.error)?.code === "conflict" ? (
        <Button variant="default" onClick={() => void refresh(bandId)}>
          {words.conflict}
        </Button>
      ) : null}
      <Preview bandId={bandId} rule={rule} onProblems={setProblems} />
      <div className={s.below}>
        <Section title={words.fields}>
          <Meanings />
        </Section>
      </div>
    </form>
  );
}

const refresh = (bandId: BandId): Promise<void> =>
  queryClient.invalidateQueries({
    queryKey: trpc.library.naming.get.queryOptions({ bandId }).queryKey,
  });

const Saved = ({ naming: { isApplying, savedAt, savedBy } }: { readonly naming: Naming }) => (
  <span className="soft" role="status">
    {isApplying ? words.applying : savedAt ? words.savedBy(savedBy, savedAt) : null}
  </span>
);

const Meanings = () => (
  <dl className={s.meanings}>
    {Object.entries(words.meanings).map(([field, meaning]) => (
      <div key={field}>
        <dt>{`{${field}}`}</dt>
        <dd>{meaning}</dd>
      </div>
    ))}
  </dl>
);
