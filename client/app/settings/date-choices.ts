import { settings } from "../words/settings.ts";

export interface Choice {
  /** `null`: what the browser says. */
  readonly value: string | null;
  readonly label: string;
}

/** Whose dates most people know; any other that an account has already is added. */
const LOCALES = [
  ...["en-GB", "en-US", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA"],
  ...["de-DE", "de-AT", "de-CH", "fr-FR", "fr-BE", "fr-CA", "fr-CH", "it-IT", "it-CH"],
  ...["es-ES", "es-AR", "es-MX", "ca-ES", "pt-PT", "pt-BR", "nl-NL", "nl-BE"],
  ...["da-DK", "sv-SE", "nb-NO", "fi-FI", "is-IS", "et-EE", "lv-LV", "lt-LT"],
  ...["pl-PL", "cs-CZ", "sk-SK", "hu-HU", "ro-RO", "bg-BG", "el-GR", "hr-HR", "sl-SI", "sr-RS"],
  ...["uk-UA", "ru-RU", "tr-TR", "he-IL", "ar-EG", "fa-IR", "hi-IN", "th-TH", "vi-VN", "id-ID"],
  ...["ja-JP", "ko-KR", "zh-CN", "zh-TW"],
];

/** By their English names, because the screens speak English. */
export function listLocales(chosen: string | null): Choice[] {
  const names = new Intl.DisplayNames("en", { type: "language", languageDisplay: "standard" });
  const choices = withChosen(LOCALES, chosen)
    .map((value) => ({ value, label: nameOf(names, value) }))
    .toSorted((left, right) => left.label.localeCompare(right.label, "en"));
  const usual = new Intl.DateTimeFormat().resolvedOptions().locale;
  return [browsers(nameOf(names, usual)), ...choices];
}

/** What a tag says beside language and region, such as a calendar, has no name. */
const nameOf = (names: Intl.DisplayNames, tag: string): string =>
  names.of(new Intl.Locale(tag).baseName) ?? tag;

/** Browsers leave UTC out of their list, and may call a place by an older name than the server. */
export function listTimeZones(chosen: string | null): Choice[] {
  const known = [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC"])].toSorted();
  const choices = withChosen(known, chosen).map((value) => ({ value, label: toPlace(value) }));
  const usual = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [browsers(toPlace(usual)), ...choices];
}

const browsers = (value: string): Choice => ({
  value: null,
  label: settings.dates.browsers(value),
});

const withChosen = (values: readonly string[], chosen: string | null): readonly string[] =>
  chosen === null || values.includes(chosen) ? values : [chosen, ...values];

const toPlace = (timeZone: string): string => timeZone.replaceAll("_", " ");
