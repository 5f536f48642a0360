/** '2026-03-14', as it was on the clock of whoever uploads it. */
export const dayOf = (moment: Date): string =>
  [moment.getFullYear(), twoDigits(moment.getMonth() + 1), twoDigits(moment.getDate())].join("-");

const twoDigits = (value: number): string => String(value).padStart(2, "0");
