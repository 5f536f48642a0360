import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/** Ends a run with one plain line that people and machines read alike: `N passed, N failed`. */
export default class Summary implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly unknown[],
    reason: TestRunEndReason,
  ) {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === "passed").length;
      failed += tests.filter((test) => test.result().state === "failed").length;
      skipped += tests.filter((test) => test.result().state === "skipped").length;
      if (tests.length === 0 || (module.state() === "failed" && tests.every((test) => test.ok()))) {
        failed += 1;
      }
    }
    if (reason === "interrupted") failed += 1;
    const rest = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${passed} passed, ${failed} failed${rest}\n`);
  }
}
