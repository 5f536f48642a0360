import { runScan } from "#server/library/scan.ts";
import { startWorkerDeps } from "#tests/support/worker-deps.ts";

/** A worker's process that runs one scan, to be killed in the middle of it. */
const { scanId, ...order } = JSON.parse(process.argv[2] ?? "{}");
const deps = await startWorkerDeps(order);

process.send?.("begun");
await runScan(deps, scanId, new AbortController().signal);
process.exit(0);
