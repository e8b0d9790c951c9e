import type { Control } from "./control.ts";
import { invalidMessage } from "./invalid-message.ts";
import type { Phase } from "../session/session-state.ts";

// What the peer may say in which phase of this side.
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
