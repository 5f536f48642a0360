import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    globalSetup: ["tests/support/postgres.ts", "tests/support/browser.ts"],
    pool: "forks",
    // Vitest leaves a core alone; on two that would be one file at a time.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Five thousand of them, with browsers and servers that are killed, on machines of any speed: one
    // that fails is tried once more, and what only passes then is named at the end.
    retry: 1,
    reporters: ["default", "./tests/support/summary.ts"],
  },
});
