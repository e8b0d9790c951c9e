import { mergeConfig } from "vitest/config";
import { project } from "../../vitest.shared.ts";

// Stories over real processes share two cores with other suites: a deadline is for what hangs.
export default mergeConfig(project("ipc-eventer"), {
  test: { testTimeout: 30_000, hookTimeout: 30_000 },
});
