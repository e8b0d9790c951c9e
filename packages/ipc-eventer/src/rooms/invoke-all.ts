import type { EncodedCall, ProtocolError, RemoteError } from "@ipc/protocol";
import type { IPCError } from "../error.ts";
import type { AnyServerSocket } from "../ipc-server-socket.ts";
import { callEncoded } from "../ipc-socket.ts";
import type { InvokeOptions } from "../calls/outbound-call.ts";

/** The outcome of a call of several clients: each is in one of the lists, in the order of the answers. */
export interface Outcomes<S, R> {
  /** The clients that have answered, and their replies. */
  readonly replies: readonly { readonly socket: S; readonly reply: R }[];
  /** The clients that have not answered, and why: the error that `socket.invoke` rejects with. */
  readonly failures: readonly { readonly socket: S; readonly error: CallError }[];
}

/** The errors with which a call may fail. */
export type CallError = IPCError | ProtocolError | RemoteError;

/** Call all of these sockets at once. Fulfilled when each has answered or failed; never rejected. */
export async function invokeAll(
  sockets: Iterable<AnyServerSocket>,
  event: EncodedCall,
  options: InvokeOptions,
): Promise<Outcomes<AnyServerSocket, unknown>> {
  const replies: { socket: AnyServerSocket; reply: unknown }[] = [];
  const failures: { socket: AnyServerSocket; error: CallError }[] = [];
  const ask = async (socket: AnyServerSocket): Promise<void> => {
    try {
      const reply: unknown = await callEncoded(socket, event, options);
      replies.push({ socket, reply });
    } catch (error) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- invoke rejects with nothing else
      failures.push({ socket, error: error as CallError });
    }
  };
  await Promise.all(Array.from(sockets, ask));
  return { replies, failures };
}
