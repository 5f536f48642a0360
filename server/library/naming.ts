import type { BandId } from "#contract/ids.ts";
import type {
  Naming,
  NamingPreview,
  NamingProblem,
  NamingSample,
  PreviewNaming,
  SaveNaming,
} from "#contract/naming.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { nameByRule, type ReadRule, readRule, readSavedRule } from "./naming-rule.ts";
import * as samples from "./naming-sample-store.ts";
import * as store from "./naming-store.ts";
import { namingSaved } from "./renaming.ts";

/** Of so many recordings the preview shows. */
const SAMPLES = 12;

/** @throws AppError `not_found` for a band that is not the actor's. */
export async function getNaming(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<Naming> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const { rule, version, savedAt, savedBy, appliedVersion } = await store.findNaming(
    deps.db,
    member,
  );
  return {
    ...{ bandId, rule, version, savedBy },
    savedAt: savedAt?.toISOString() ?? null,
    isApplying: appliedVersion !== version,
  };
}

/** What a rule would make of recordings of the band, from many folders. Nothing is changed. */
export async function previewNaming(
  deps: Pick<Deps, "db">,
  actor: Actor,
  { bandId, rule, example }: PreviewNaming,
): Promise<NamingPreview> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const count = await samples.countUntitled(deps.db, member);
  const after = readRule({ names: filled(rule.names), folders: filled(rule.folders) });
  if (isProblems(after)) return { problems: inPlace(after, rule), samples: [], count };
  const before = readSavedRule((await store.findNaming(deps.db, member)).rule);
  const rows = await samples.listSamples(deps.db, member, SAMPLES);
  const written = { trackId: null, path: example.trim(), rootPath: "" };
  const shown = example.trim() === "" ? rows : [written, ...rows];
  return { problems: [], samples: shown.map((row) => toSample(row, before, after)), count };
}

/**
 * Saves what names say in this band from now on; a job then names what has no tags by it.
 *
 * @throws AppError `forbidden` for who is no owner, `invalid_input` for a pattern that cannot be
 *   understood, `conflict` where somebody else has saved one meanwhile.
 */
export async function saveNaming(
  deps: Pick<Deps, "db" | "jobs">,
  actor: Actor,
  { bandId, rule, version }: SaveNaming,
): Promise<Naming> {
  const member = await requireMember(deps, actor, bandId, "owner");
  const read = readRule(rule);
  if (isProblems(read)) throw nameProblem(read);
  await write(deps, async (tx) => {
    const saved = await store.lockNaming(tx, member);
    if (saved.version !== version) throw nameSavedMeanwhile();
    await store.saveRule(tx, member, { rule, version: version + 1 });
    await namingSaved.enqueue(deps, tx, { bandId });
  });
  return getNaming(deps, actor, bandId);
}

const toSample = (
  { trackId, path, rootPath }: samples.SampleRow,
  before: ReadRule,
  after: ReadRule,
): NamingSample => ({
  ...{ trackId, path },
  before: nameByRule(before, path, rootPath),
  after: nameByRule(after, path, rootPath),
});

const isProblems = (read: ReadRule | readonly NamingProblem[]): read is readonly NamingProblem[] =>
  Array.isArray(read);

/** A field that is still empty is no pattern. */
const filled = (patterns: readonly string[]): string[] =>
  patterns.filter((each) => each.trim() !== "");

/** Problems as the fields count, the empty ones too. */
const inPlace = (
  problems: readonly NamingProblem[],
  rule: PreviewNaming["rule"],
): NamingProblem[] =>
  problems.map((problem) => ({
    ...problem,
    index:
      rule[problem.list]
        .map((each, index) => ({ each, index }))
        .filter(({ each }) => each.trim() !== "")
        .map(({ index }) => index)[problem.index] ?? problem.index,
  }));

function nameProblem([first]: readonly NamingProblem[]): AppError {
  const { list, index = 0, message } = first ?? { list: "names", message: "" };
  const where = list === "names" ? "names" : "folders";
  return new AppError(
    "invalid_input",
    `Nothing was saved: pattern ${index + 1} for ${where} cannot be understood. ${message}`,
  );
}

const nameSavedMeanwhile = (): AppError =>
  new AppError(
    "conflict",
    "Somebody else has saved another naming rule meanwhile, and yours was not saved. Look at theirs, and then try again.",
  );
