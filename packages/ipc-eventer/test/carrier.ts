import { createNodeTransport, type Transport } from "@ipc/transport";

/** The sockets of this machine, with some of the carrier's functions exchanged. */
export function carrier(change: (sockets: Transport) => Partial<Transport>): Transport {
  const sockets = createNodeTransport();
  return { ...sockets, ...change(sockets) };
}
