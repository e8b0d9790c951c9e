import type { Exchange } from "./exchange.ts";

/** The calls of a session, as the application uses them. */
export type Calls = Pick<
  Exchange,
  "pending" | "invoke" | "invokeEncoded" | "cancel" | "reply" | "replyError" | "refuse"
>;
