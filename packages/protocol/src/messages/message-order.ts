import type { Control } from "./control.ts";
import { invalidMessage } from "./invalid-message.ts";
import type { Phase } from "../session/session-state.ts";

// The phases of this side in which the peer may send each message.
const places: Readonly<Record<Control["type"], readonly Phase[]>> = {
  hello: ["hello"],
  welcome: ["welcome"],
  ping: ["open"],
  pong: ["open"],
  reply: ["open"],
  cancel: ["open"],
  ack: ["open", "closing"],
  leave: ["open"],
  stream: ["open"],
  bye: ["hello", "accepting", "welcome", "open", "closing"],
  error: ["hello", "accepting", "welcome", "open"],
};

/** Throws `IPC_INVALID_MESSAGE` for a control message that has no place in the present phase. */
export function checkPlace(type: Control["type"], phase: Phase): void {
  if (!places[type].includes(phase)) throw invalidMessage(`a ${type} where none belongs`);
}
