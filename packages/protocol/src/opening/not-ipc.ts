import { ProtocolError } from "../error.ts";

/** The error of a peer whose first line is no preface of this protocol. */
export function notIpc(why: string): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_IPC",
    "peer",
    `The peer does not speak the ipc-eventer protocol: ${why}.`,
  );
}
