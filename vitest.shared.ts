import { defineProject, type UserWorkspaceConfig } from "vitest/config";

/**
 * The test project of one package: its tests run on the workspace's sources, not on dist. A test's
 * deadline is for what hangs, not for a machine that is busy with the other tests. The files of a
 * pure package share the modules that they import: to load them anew for each file takes longer
 * than its tests.
 */
export function project(name: string, { pure = false } = {}): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: ["@ipc/source"] } },
    test: {
      name,
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      isolate: !pure,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // What a test polls for is to come at some time: 1 s, the default, is too short for a busy machine.
      expect: { poll: { timeout: 20_000 } },
    },
  });
}
