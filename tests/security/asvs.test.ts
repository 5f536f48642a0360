import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

interface Requirement {
  readonly id: string;
  readonly level: string;
  /** Files that answer it, each with a text that is in it where it helps; or why it is none of ours. */
  readonly answer: string;
}

/** Ids and levels of OWASP ASVS 5.0.0, levels 1 and 2, by chapter: how many there are of each. */
const CHAPTERS: Readonly<Record<string, readonly [level1: number, level2: number]>> = {
  ...{ 1: [8, 19], 2: [4, 7], 3: [8, 11], 4: [2, 8], 5: [4, 5], 6: [13, 22], 7: [6, 12] },
  ...{ 8: [4, 3], 9: [4, 3], 10: [5, 24], 11: [3, 11], 12: [3, 6], 13: [1, 12], 14: [2, 7] },
  ...{ 15: [3, 10], 16: [0, 16], 17: [0, 7] },
};

const NOT_OURS = "n/a: ";

async function readTable(): Promise<Requirement[]> {
  const text = await readFile(join(import.meta.dirname, "asvs.csv"), "utf8");
  const [head, ...lines] = text.trimEnd().split("\n");
  expect(head).toBe("id,level,answer");
  return lines.map((line) => {
    const match = /^([\d.]+),([12]),(?:"((?:[^"]|"")*)"|(.*))$/.exec(line);
    if (!match) throw new Error(`This is no line of the table: ${line}`);
    const [, id = "", level = "", quoted, plain = ""] = match;
    return { id, level, answer: quoted?.replaceAll('""', '"') ?? plain };
  });
}

test("every requirement of the first two levels is on the table, once", async () => {
  const table = await readTable();
  expect(new Set(table.map(({ id }) => id)).size).toBe(table.length);
  for (const [chapter, counts] of Object.entries(CHAPTERS)) {
    const here = table.filter(({ id }) => id.startsWith(`${chapter}.`));
    const found = ["1", "2"].map((level) => here.filter((each) => each.level === level).length);
    expect([chapter, found]).toEqual([chapter, counts]);
  }
});

test("each is answered by a file that says so, or has a reason why it is none of ours", async () => {
  const wrong: string[] = [];
  for (const { id, answer } of await readTable()) {
    const problems = answer.startsWith(NOT_OURS)
      ? [answer.length < NOT_OURS.length + 15 ? "no reason" : null]
      : await Promise.all(answer.split(" | ").map(findProblem));
    wrong.push(...problems.filter((each) => each !== null).map((each) => `${id}: ${each}`));
  }
  expect(wrong).toEqual([]);
});

const files = new Map<string, Promise<string | null>>();

/** @param reference - a path from the root, and after `#` what has to be in the file. */
async function findProblem(reference: string): Promise<string | null> {
  const [path = "", ...rest] = reference.split("#");
  const content = files.get(path) ?? readFile(join(ROOT, path), "utf8").catch(() => null);
  files.set(path, content);
  const text = await content;
  if (text === null) return `there is no ${path}`;
  return text.includes(rest.join("#")) ? null : `${path} does not say "${rest.join("#")}"`;
}
