/** Longer ones are not listed: an index of the library could not hold them. */
const MAX_REF_BYTES = 2500;
const MAX_DEPTH = 100;
/** Google promises nothing of an id but that it is text; these are what it has ever used. */
const ID = /^[\w-]{5,128}$/;

/**
 * One step of a ref: `<id>:<name>`, or `<id>.<target>:<name>` for a shortcut. The ids are the address,
 * the name is for people. Names are not unique in a Drive and may hold a slash; ids are, and don't.
 */
export interface Step {
  readonly id: string;
  /** What a shortcut points to; `null` for everything else. */
  readonly target: string | null;
  readonly name: string;
}

/** From the top of the storage down; a ref is the steps joined by `/`. */
export type Steps = readonly Step[];

export const isId = (text: string): boolean => ID.test(text);

/** @returns `null` for what is no ref. */
export function parseRef(ref: string): Steps | null {
  if (Buffer.byteLength(ref) > MAX_REF_BYTES) return null;
  const steps = ref.split("/").map(parseStep);
  return steps.length <= MAX_DEPTH && steps.every((step) => step !== null) ? steps : null;
}

function parseStep(text: string): Step | null {
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const [id = "", target = null, ...more] = text.slice(0, colon).split(".");
  const name = text.slice(colon + 1);
  if (!isId(id) || (target !== null && !isId(target)) || more.length > 0) return null;
  return name === "" || name !== toPathPart(name) ? null : { id, target, name };
}

/** @returns `null` for one that would be too long or too deep, or leads back to where it comes from. */
export function toRef(above: Steps, step: Step): string | null {
  const isLoop = above.some((each) => addressOf(each) === addressOf(step));
  if (isLoop || above.length >= MAX_DEPTH) return null;
  const ref = [...above, step].map(toText).join("/");
  return Buffer.byteLength(ref) <= MAX_REF_BYTES ? ref : null;
}

const toText = ({ id, target, name }: Step): string =>
  `${target === null ? id : `${id}.${target}`}:${name}`;

/** What has to be asked for. */
export const addressOf = ({ id, target }: Step): string => target ?? id;

export const toPath = (steps: Steps): string => steps.map(({ name }) => name).join("/");

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
export function toFileId(steps: Steps): string {
  const through = steps.slice(0, -1).flatMap(({ id, target }) => (target === null ? [] : [id]));
  return [...through, steps.at(-1)?.id ?? ""].join(".");
}

/** A slash in a name would look like another folder; no name may be empty. */
export const toPathPart = (name: string): string =>
  name.toWellFormed().replaceAll("/", "∕").replaceAll("\0", "") || "untitled";
