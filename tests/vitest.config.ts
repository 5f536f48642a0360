import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    globalSetup: ["tests/support/postgres.ts", "tests/support/browser.ts"],
    pool: "forks",
    // Vitest leaves a core alone; on two that would be one file at a time.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    reporters: ["default", "./tests/support/summary.ts"],
  },
});
