import type { Call, Hello, ProtocolError, Reply, SessionEnd, Welcome } from "../src/index.ts";

/** The deliveries of a session, in order. */
export type Delivered =
  | readonly ["hello", Hello]
  | readonly ["welcome", Welcome]
  | readonly ["event", string, unknown]
  | readonly ["call", number, string, unknown]
  | readonly ["cancel", number]
  | readonly ["reply", Call, Reply]
  | readonly ["flushed", object, ProtocolError | undefined]
  | readonly ["parked", SessionEnd]
  | readonly ["resumed"]
  | readonly ["leave", number]
  | readonly ["closed", SessionEnd];
