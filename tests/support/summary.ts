import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/**
 * Ends a run with one plain line that people and machines read alike: `N passed, N failed`. Before it
 * stands what has only passed when it was tried once more, because that wants to be looked into.
 */
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
      for (const test of tests.filter((each) => each.diagnostic()?.flaky)) {
        process.stdout.write(
          `\npassed at the second try: ${module.relativeModuleId} > ${test.fullName}`,
        );
      }
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
