import { NativeSelect, Radio } from "@mantine/core";
import type { BandChoice, LeftBand } from "#contract/leaving.ts";
import { Section } from "../frame/screen.tsx";
import { leaving } from "../words/leaving.ts";
import s from "./delete-account.module.css";

const words = leaving.account;

interface BandFateProps {
  readonly band: LeftBand;
  readonly choice: BandChoice | undefined;
  readonly onChoose: (choice: BandChoice) => void;
}

/** A band that others are in and nobody else owns goes to one of them, or is gone for all. */
export function BandFate({ band, choice, onChoose }: BandFateProps) {
  const { id: bandId, heirs } = band;
  const handOver = (userId: string) => {
    const heir = heirs.find(({ id }) => id === userId) ?? heirs[0];
    if (heir) onChoose({ bandId, choice: "hand_over", userId: heir.id });
  };
  const heirId = choice?.choice === "hand_over" ? choice.userId : undefined;
  return (
    <Section title={words.decide(band)}>
      <p className={s.text}>{heirs.length > 0 ? words.decideHint : words.nobody}</p>
      <Radio.Group
        aria-label={words.decide(band)}
        value={choice?.choice ?? ""}
        onChange={(value) =>
          value === "remove" ? onChoose({ bandId, choice: "remove" }) : handOver(heirId ?? "")
        }
      >
        <div className={s.choices}>
          {heirs.length > 0 ? (
            <Radio value="hand_over" label={words.handOver} description={words.handOverHint} />
          ) : null}
          {heirId ? (
            <NativeSelect
              className={s.heirs}
              aria-label={words.heir(band)}
              value={heirId}
              onChange={(event) => handOver(event.currentTarget.value)}
              data={heirs.map(({ id, name }) => ({ value: id, label: name }))}
            />
          ) : null}
          <Radio value="remove" label={words.remove} description={words.removeHint(band)} />
        </div>
      </Radio.Group>
    </Section>
  );
}
