import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

// Loaded into a server that is measured: at SIGWINCH it writes down how late its event loop was since
// the last time, in milliseconds. It looks from the first time on, because looking costs, too.
const delays = monitorEventLoopDelay({ resolution: 1 });
process.on("SIGWINCH", () => {
  delays.enable();
  const figures = { p50Ms: delays.percentile(50) / 1e6, p99Ms: delays.percentile(99) / 1e6 };
  delays.reset();
  writeFileSync(process.env.LOOP_DELAY_FILE, JSON.stringify(figures));
});
