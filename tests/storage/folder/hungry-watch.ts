import { openSync } from "node:fs";
import { watchTree } from "#server/storage/folder/watching.ts";

/** A process that has no file left to open. What watching a folder comes to is what it prints. */
async function watchWithoutFiles(folder: string): Promise<void> {
  const code = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;
  try {
    for (;;) openSync("/dev/null", "r");
  } catch (error) {
    if (code(error) !== "EMFILE") throw error;
  }
  const alive = setInterval(() => {}, 1_000);
  await watchTree(folder, () => {}, new AbortController().signal).catch((error) => {
    process.stdout.write(String(code(error)));
  });
  clearInterval(alive);
}

await watchWithoutFiles(process.argv[2] ?? "");
