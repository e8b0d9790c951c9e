import { mergeConfig } from "vitest/config";

import { project } from "../../vitest.shared.ts";

export default mergeConfig(project("@ipc-apps/demo-client"), {
  test: {
    // After all packages: a demo has five processes of its own.
    sequence: { groupOrder: 1 },
  },
});
