import { parentPort } from "node:worker_threads";
import type { ToTagWorker } from "#server/library/tag-reader.ts";

await import("#server/library/tag-worker.ts");

/** The tag worker with three files that break a parser, as the next hole in one would. */
parentPort?.on("message", (message: ToTagWorker) => {
  if (message.kind !== "file") return;
  if (message.file.name === "hangs.mp3") for (;;);
  if (message.file.name === "kills.mp3") process.exit(1);
});
