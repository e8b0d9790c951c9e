import { defineProject, type UserWorkspaceConfig } from "vitest/config";

/** Which files of a package a project runs, by default all; patterns from the package on. */
interface Files {
  readonly include?: string[];
  readonly exclude?: string[];
  /** Whether each file runs in a process of its own. */
  readonly isolate?: boolean;
}

/**
 * The test project of one package: its tests run on the workspace's sources, not on dist. A test's
 * deadline is for what hangs, not for a machine that is busy with the other tests. The files share a
 * few processes and the modules that they import: to load them anew for each file takes longer
 * than its tests. So a test undoes what it does to its process; files for which that is not enough
 * are excluded, and a project of their own isolates each.
 */
export function project(name: string, files: Files = {}): UserWorkspaceConfig {
  const {
    include = ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude = [],
    isolate = false,
  } = files;
  return defineProject({
    ssr: { resolve: { conditions: ["@ipc/source"] } },
    test: {
      name,
      include,
      exclude,
      isolate,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // What a test polls for is to come at some time: 1 s, the default, is too short for a busy machine.
      expect: { poll: { timeout: 60_000 } },
    },
  });
}
