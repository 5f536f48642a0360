import { createTools, drawNext } from "#server/waveforms/drawing.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { startWorkerDeps } from "#tests/support/worker-deps.ts";

/** A process that draws one waveform, to be killed in the middle of it. */
const deps = await startWorkerDeps(JSON.parse(process.argv[2] ?? "{}"));
const tools = createTools(await findFfmpeg());

process.send?.("begun");
await drawNext(deps, tools, new AbortController().signal);
process.exit(0);
