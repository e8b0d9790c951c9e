import { project } from "../../vitest.shared.ts";

/**
 * The tests that replace a module, or count what their whole process holds. `--project "ipc-eventer*"`
 * runs them with the others.
 */
export const alone: string[] = [
  "src/client/client-connector.test.ts",
  "test/abandoned-calls.test.ts",
  "test/bounded-waiting.test.ts",
  "test/counted-work.test.ts",
  "test/exit.test.ts",
  "test/fake-timers.test.ts",
  "test/listener-limits.test.ts",
  "test/rooms.test.ts",
];

export default project("ipc-eventer-alone", { include: alone, isolate: true });
