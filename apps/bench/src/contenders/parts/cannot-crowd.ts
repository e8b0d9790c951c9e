import type { Entry } from "../../contender.ts";

const reason = "each client is a process of its own";

/** The routines that no channel of child_process has. */
export const cannotCrowd: Entry["cannot"] = { broadcast: reason, crowd: reason };
