import { IPCModule } from "@achrinza/node-ipc";
import type { Contender } from "../contender.ts";
import { nodeIpcFamily } from "./node-ipc-family.ts";

/** The community's fork of node-ipc 10, for a Node too old for node-ipc 14. */
export const achrinzaNodeIpc: Contender = nodeIpcFamily(new IPCModule());
