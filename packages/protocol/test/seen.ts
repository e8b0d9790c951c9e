import type { Reply, SessionEnd } from "../src/index.ts";

/** The deliveries that a side's application saw of its sessions, in order. */
export type Seen =
  | readonly ["event", string, unknown]
  | readonly ["call", string, unknown]
  | readonly ["cancel", number]
  | readonly ["reply", string, Reply]
  | readonly ["flushed", object, unknown]
  | readonly ["connected" | "resumed", number]
  | readonly ["parked" | "closed", SessionEnd]
  | readonly ["leave", number];
