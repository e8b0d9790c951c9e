import { defineProject, type UserWorkspaceConfig } from "vitest/config";

/** The test project of one package: its tests run on the workspace's sources, not on dist. */
export function project(name: string): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: ["@ipc/source"] } },
    test: {
      name,
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      typecheck: {
        enabled: false,
        include: ["src/**/*.test-d.ts", "test/**/*.test-d.ts"],
        tsconfig: "tsconfig.test.json",
      },
    },
  });
}
