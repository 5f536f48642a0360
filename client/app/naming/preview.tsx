import { Skeleton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { BandId } from "#contract/ids.ts";
import type { NamedBy, Naming, NamingPreview, NamingSample } from "#contract/naming.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Section } from "../frame/screen.tsx";
import { edits } from "../words/edits.ts";
import { naming as words } from "../words/naming.ts";
import s from "./naming.module.css";

const PAUSE_MS = 250;

interface PreviewProps {
  readonly bandId: BandId;
  readonly rule: Naming["rule"];
  readonly onProblems: (problems: NamingPreview["problems"]) => void;
}

/** Follows what is typed; what cannot be understood is told at its field. */
export function Preview({ bandId, rule, onProblems }: PreviewProps) {
  const [example, setExample] = useState("");
  const [asked] = useDebouncedValue({ rule, example }, PAUSE_MS);
  const { data, error } = useQuery(
    trpc.library.naming.preview.queryOptions(
      { bandId, ...asked },
      { placeholderData: keepPreviousData, staleTime: 0 },
    ),
  );
  const problems = data?.problems;
  useEffect(() => {
    if (problems) onProblems(problems);
  }, [problems, onProblems]);
  return (
    <Section title={words.preview}>
      <div className={s.example}>
        <TextInput
          label={words.example}
          placeholder={words.exampleHint}
          value={example}
          maxLength={300}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setExample(event.currentTarget.value)}
        />
      </div>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      {data ? <Samples preview={data} /> : <Skeleton height={240} />}
    </Section>
  );
}

function Samples({ preview }: { readonly preview: NamingPreview }) {
  const { problems, samples, count } = preview;
  if (problems.length > 0) return <p className="soft">{words.mended}</p>;
  return (
    <>
      <p className="soft">{count === 0 ? words.none : words.count(count)}</p>
      <ul className={s.samples}>
        {samples.map((sample) => (
          <Sample key={sample.trackId ?? "example"} sample={sample} />
        ))}
      </ul>
    </>
  );
}

function Sample({ sample: { path, before, after } }: { readonly sample: NamingSample }) {
  const [now, then] = [describe(before), describe(after)];
  return (
    <li className={s.sample}>
      <p className={s.path}>{path}</p>
      <dl className={s.sides}>
        <div>
          <dt>{words.before}</dt>
          <dd>{now}</dd>
        </div>
        <div>
          <dt>{words.after}</dt>
          <dd>{now === then ? <span className="soft">{words.same}</span> : then}</dd>
        </div>
      </dl>
    </li>
  );
}

const describe = (named: NamedBy): string =>
  [
    named.title,
    named.artist,
    named.album,
    named.genre,
    named.discNumber && words.facts.discNumber(named.discNumber),
    named.trackNumber && words.facts.trackNumber(named.trackNumber),
    named.year,
    named.recordedOn && edits.day(named.recordedOn),
  ]
    .filter(Boolean)
    .join(" · ");
