import { defineProject, type UserWorkspaceConfig } from "vitest/config";

/**
 * The test project of one package: its tests run on the workspace's sources, not on dist. A test's
 * deadline is for what hangs, not for a machine that is busy with the other tests.
 */
export function project(name: string): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: ["@ipc/source"] } },
    test: {
      name,
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      testTimeout: 30_000,
      hookTimeout: 30_000,
    },
  });
}
