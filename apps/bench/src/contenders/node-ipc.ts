import { IPCModule } from "node-ipc";
import type { Contender } from "../contender.ts";
import { nodeIpcFamily } from "./node-ipc-family.ts";

/** node-ipc 14, which needs Node 22.13. */
export const nodeIpc: Contender = nodeIpcFamily(new IPCModule());
