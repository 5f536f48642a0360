import { Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import type { Me } from "#contract/auth.ts";
import { sentenceOf } from "../api.ts";
import { formatSample } from "../words/format.ts";
import { settings } from "../words/settings.ts";
import { type Choice, listLocales, listTimeZones } from "./date-choices.ts";
import p from "./profile.module.css";
import { Row } from "./row.tsx";
import { useProfile } from "./use-profile.ts";

const words = settings.dates;

/** In which way dates are written, and on which clock: everywhere on this account's screens. */
export function DateChoices({ user }: Pick<Me, "user">) {
  const { locale, timeZone } = user;
  const profile = useProfile(user, () => notifications.show({ message: words.changed }));
  const save = (part: { locale: string | null } | { timeZone: string | null }) =>
    profile.mutate(part, {
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
    });
  const locales = useMemo(() => listLocales(locale), [locale]);
  const timeZones = useMemo(() => listTimeZones(timeZone), [timeZone]);
  return (
    <>
      <Row label={words.locale} hint={words.localeHint}>
        <ChoiceList
          label={words.locale}
          choices={locales}
          chosen={locale}
          isSaving={profile.isPending}
          onChoose={(chosen) => save({ locale: chosen })}
        />
      </Row>
      <Row label={words.timeZone} hint={words.sample(formatSample(Date.now()))}>
        <ChoiceList
          label={words.timeZone}
          choices={timeZones}
          chosen={timeZone}
          isSaving={profile.isPending}
          onChoose={(chosen) => save({ timeZone: chosen })}
        />
      </Row>
    </>
  );
}

/** What is kept as `null`. */
const BROWSERS = "browser";

interface ChoiceListProps {
  readonly label: string;
  /** The first is what the browser says. */
  readonly choices: readonly Choice[];
  readonly chosen: string | null;
  readonly isSaving: boolean;
  readonly onChoose: (value: string | null) => void;
}

const ChoiceList = ({ label, choices, chosen, isSaving, onChoose }: ChoiceListProps) => (
  <Select
    className={p.choice ?? ""}
    aria-label={label}
    data={choices.map(({ value, label: name }) => ({ value: value ?? BROWSERS, label: name }))}
    value={chosen ?? BROWSERS}
    onChange={(value) => {
      const next = value === null || value === BROWSERS ? null : value;
      if (next !== chosen && !isSaving) onChoose(next);
    }}
    searchable
    allowDeselect={false}
    selectFirstOptionOnChange
    nothingFoundMessage={words.nothing}
    comboboxProps={{ withinPortal: false }}
  />
);
