import type { Entry } from "../../contender.ts";

const reason = "each client is a process of its own";

/** What no channel of child_process can do. */
export const cannotCrowd: Entry["cannot"] = { broadcast: reason, crowd: reason };
