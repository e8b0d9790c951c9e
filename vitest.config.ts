import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      "packages/*",
      "packages/ipc-eventer/vitest.alone.config.ts",
      "apps/demo-*",
      "apps/endurance",
      "apps/repo-test",
    ],
    reporters: ["default", "json"],
    outputFile: { json: "coverage/tests.json" },
    // Many tests wait for processes or for time: as many workers as two cores have work for.
    maxWorkers: 3,
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "json-summary", "html"],
      reportsDirectory: "coverage",
      thresholds: { lines: 95, functions: 95, branches: 90, statements: 95 },
    },
  },
});
