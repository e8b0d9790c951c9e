import { mergeConfig } from "vitest/config";

import { project } from "../../vitest.shared.ts";

export default mergeConfig(project("@ipc-apps/demo-client"), {
  test: {
    // After all others: a demo has five processes of its own.
    sequence: { groupOrder: 2 },
  },
});
