import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { BandChoice, DeletionPreview } from "#contract/leaving.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { Screen, Section } from "../frame/screen.tsx";
import { leaving } from "../words/leaving.ts";
import { BandFate } from "./band-fate.tsx";
import { ConfirmDeletion } from "./confirm-deletion.tsx";
import { countShares } from "./count-shares.ts";
import s from "./delete-account.module.css";

const words = leaving.account;

/** Says everything before anything happens. */
export function DeleteAccountPage() {
  const { data: preview, error } = useQuery(
    trpc.account.deletion.preview.queryOptions(undefined, { staleTime: 0 }),
  );
  return (
    <Screen title={words.title}>
      {preview ? (
        <Consequences key={keyOf(preview)} preview={preview} />
      ) : error ? (
        <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
      ) : (
        <Skeleton height={240} />
      )}
    </Screen>
  );
}

/** Who could decide something else now decides anew. */
const keyOf = ({ bands }: DeletionPreview): string =>
  JSON.stringify(bands.map(({ id, fate, heirs }) => [id, fate, heirs]));

function Consequences({ preview }: { readonly preview: DeletionPreview }) {
  const open = preview.bands.filter(({ fate }) => fate === "decide");
  const [choices, setChoices] = useState<readonly BandChoice[]>(() => open.map(firstChoice));
  const [keepsShares, setKeepsShares] = useState(false);
  const [isAsked, setIsAsked] = useState(false);
  const bandId = useBandId();
  const choose = (choice: BandChoice) =>
    setChoices((before) => before.map((each) => (each.bandId === choice.bandId ? choice : each)));
  return (
    <>
      {preview.isLastAdmin ? <p className={s.notice}>{words.lastAdmin}</p> : null}
      <Section title={words.atOnce}>
        <ul className={s.list}>
          <li>{words.signedOut}</li>
          <li>{words.identity}</li>
          {preview.bands.map((band) =>
            band.fate === "decide" ? null : <li key={band.id}>{words.fates[band.fate](band)}</li>,
          )}
          <li>{words.access}</li>
        </ul>
      </Section>
      {open.map((band) => (
        <BandFate
          key={band.id}
          band={band}
          choice={choices.find((each) => each.bandId === band.id)}
          onChoose={choose}
        />
      ))}
      <KeepShares
        count={countShares(preview.bands, choices)}
        isKept={keepsShares}
        onKeep={setKeepsShares}
      />
      <Section title={words.later}>
        <ul className={s.list}>
          <li>{words.traces}</li>
          <li>{words.noWayBack}</li>
        </ul>
      </Section>
      {preview.isLastAdmin ? null : <p className={s.after}>{words.copyFirst}</p>}
      <div className={s.actions}>
        {preview.isLastAdmin ? (
          <ButtonLink to="/b/$bandId/admin" params={{ bandId }}>
            {words.toAdmin}
          </ButtonLink>
        ) : (
          <Button color="red" onClick={() => setIsAsked(true)}>
            {words.ask}
          </Button>
        )}
        <ButtonLink variant="default" to="/b/$bandId/settings" params={{ bandId }}>
          {words.toSettings}
        </ButtonLink>
      </div>
      <ConfirmDeletion
        confirmation={preview.confirmation}
        choices={choices}
        keepsShares={keepsShares}
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
      />
    </>
  );
}

/** What harms nobody, where there is such a thing. */
function firstChoice({ id, heirs: [heir] }: DeletionPreview["bands"][number]): BandChoice {
  return heir
    ? { bandId: id, choice: "hand_over", userId: heir.id }
    : { bandId: id, choice: "remove" };
}

interface KeepSharesProps {
  readonly count: number;
  readonly isKept: boolean;
  readonly onKeep: (isKept: boolean) => void;
}

/** The band may need them still. */
function KeepShares({ count, isKept, onKeep }: KeepSharesProps) {
  if (count === 0) return null;
  return (
    <Section title={words.shares.title}>
      <Checkbox
        className={s.keep ?? ""}
        label={words.shares.keep(count)}
        description={words.shares.hint}
        checked={isKept}
        onChange={(event) => onKeep(event.currentTarget.checked)}
      />
    </Section>
  );
}
