import { mergeConfig } from "vitest/config";

import { project } from "../../vitest.shared.ts";

export default mergeConfig(project("@ipc-apps/repo-test"), {
  test: {
    // After all packages: compilers and package managers would disturb the tests that keep time.
    sequence: { groupOrder: 1 },
  },
});
