import type { StoredFile, StoredFolder } from "./stored.ts";

/** Longer ones are not listed: an index of the library could not hold them. */
const MAX_REF_BYTES = 2500;
const MAX_DEPTH = 100;
/**
 * Google and Microsoft promise nothing of an id but that it is text; these are what they have ever
 * used. Shorter ones are names of theirs, such as `root`.
 */
const ID = /^[\w!-]{5,128}$/;

/**
 * One step of a ref, for storages that know files by ids: `<id>:<name>`, or `<id>.<target>:<name>` for
 * a shortcut. The ids are the address, the name is for people. Names need not be unique and may hold a
 * slash; ids are, and don't.
 */
export interface Step {
  readonly id: string;
  /** What a shortcut points to: as many ids as it takes, joined by `.`; `null` for everything else. */
  readonly target: string | null;
  readonly name: string;
}

/** From the top of the storage down; a ref is the steps joined by `/`. */
export type Steps = readonly Step[];

export const isId = (text: string): boolean => ID.test(text);

/**
 * @param targetIds - how many ids say what a shortcut points to.
 * @returns `null` for what is no ref.
 */
export function parseRef(ref: string, targetIds: number): Steps | null {
  if (Buffer.byteLength(ref) > MAX_REF_BYTES) return null;
  const steps = ref.split("/").map((text) => parseStep(text, targetIds));
  return steps.length <= MAX_DEPTH && steps.every((step) => step !== null) ? steps : null;
}

function parseStep(text: string, targetIds: number): Step | null {
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const ids = text.slice(0, colon).split(".");
  const [id = "", ...target] = ids;
  const name = text.slice(colon + 1);
  if (!ids.every(isId) || (target.length > 0 && target.length !== targetIds)) return null;
  if (name === "" || name !== toPathPart(name)) return null;
  return { id, target: target.length === 0 ? null : target.join("."), name };
}

/** @returns `null` for one that would be too long or too deep, or leads back to where it comes from. */
function toRef(above: Steps, step: Step): string | null {
  const isLoop = above.some((each) => addressOf(each) === addressOf(step));
  if (isLoop || above.length >= MAX_DEPTH) return null;
  const ref = [...above, step].map(toText).join("/");
  return Buffer.byteLength(ref) <= MAX_REF_BYTES ? ref : null;
}

const toText = ({ id, target, name }: Step): string =>
  `${target === null ? id : `${id}.${target}`}:${name}`;

/** What it is, wherever it is met. */
export const addressOf = ({ id, target }: Step): string => target ?? id;

const toPath = (steps: Steps): string => steps.map(({ name }) => name).join("/");

/** The folders from below the top, for people to go back by. */
export const toTrail = (steps: Steps): { readonly ref: string; readonly name: string }[] =>
  steps.map(({ name }, depth) => ({
    ref: steps
      .slice(0, depth + 1)
      .map(toText)
      .join("/"),
    name,
  }));

/**
 * Stays the same when the file is renamed or moved. What is reached through a shortcut is there a
 * second time, so the shortcut is part of its identity.
 */
function toFileId(steps: Steps): string {
  const through = steps.slice(0, -1).flatMap(({ id, target }) => (target === null ? [] : [id]));
  return [...through, steps.at(-1)?.id ?? ""].join(".");
}

/** @returns `null` for what no ref leads to. */
export function toFolder(above: Steps, { id, target, name }: Step): StoredFolder | null {
  if (!isId(id) || (target !== null && !target.split(".").every(isId))) return null;
  const step = { id, target, name: toPathPart(name) };
  const ref = toRef(above, step);
  const path = toPath([...above, step]);
  return ref === null
    ? null
    : { kind: "folder", ref, name: name || step.name, path, treeTag: null };
}

/** What a listing says of a file besides its name and place. */
export type FileFacts = Pick<StoredFile, "sizeBytes" | "etag" | "modifiedAt" | "contentType">;

/** @returns `null` for what no ref leads to. */
export function toFile(
  above: Steps,
  { id, target, name }: Step,
  facts: FileFacts,
): StoredFile | null {
  if (!isId(id)) return null;
  const step = { id, target, name: toPathPart(name) };
  const ref = toRef(above, step);
  if (ref === null) return null;
  const steps = [...above, step];
  return {
    kind: "file",
    ref,
    name: name || step.name,
    path: toPath(steps),
    fileId: toFileId(steps),
    ...facts,
  };
}

/** @returns `null` for what is no date. */
export function parseMoment(text: string | null | undefined): Date | null {
  const moment = new Date(text ?? Number.NaN);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** A slash in a name would look like another folder; no name may be empty. */
const toPathPart = (name: string): string =>
  name.toWellFormed().replaceAll("/", "∕").replaceAll("\0", "") || "untitled";
