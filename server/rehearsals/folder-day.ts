const DAY = /(?<!\d)(?<year>(?:19|20)\d{2})[-_. ]?(?<month>\d{2})[-_. ]?(?<day>\d{2})(?!\d)/;

export interface FolderDay {
  readonly heldOn: string;
  /** The rest of its name; 'Rehearsal' where there is none. */
  readonly title: string;
}

/**
 * The day that a folder is named after: '2026-03-14', '20260314 new songs', 'Keller 2026.03.14'.
 *
 * @returns `undefined` for a name without a day that there was.
 */
export function findDay(path: string): FolderDay | undefined {
  const name = path.split("/").at(-1) ?? "";
  const { year, month, day } = DAY.exec(name)?.groups ?? {};
  const heldOn = `${year}-${month}-${day}`;
  const moment = new Date(`${heldOn}T00:00:00Z`);
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== heldOn) {
    return undefined;
  }
  const rest = name.replace(DAY, " ").replaceAll(/^[\s\-_.,]+|[\s\-_.,]+$/g, "");
  return { heldOn, title: rest.slice(0, 200).trim() || "Rehearsal" };
}
