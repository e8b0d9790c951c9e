import type { Sender } from "@ipc/protocol";

/** The second argument of a listener, beside the data of an event. */
export interface EventContext {
  /**
   * The client that sent it by way of the server, as the server knows it; `undefined` for what the
   * peer itself has sent.
   */
  readonly from: Sender | undefined;
}

/** The context of what the peer itself has sent: one for all, so that an event costs no object. */
export const ofThePeer: EventContext = Object.freeze({ from: undefined });
