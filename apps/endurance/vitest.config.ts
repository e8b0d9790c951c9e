import { mergeConfig } from "vitest/config";

import { project } from "../../vitest.shared.ts";

export default mergeConfig(project("@ipc-apps/endurance"), {
  test: {
    // After all others: each case has processes of its own and keeps the machine busy.
    sequence: { groupOrder: 2 },
  },
});
