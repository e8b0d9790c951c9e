import type { Connection, Listener, Transport } from "../src/transport.ts";
import { RecordingAcceptor } from "./acceptor.ts";

/** A carrier of connections, as the contract suite needs it. */
export interface Carrier {
  readonly transport: Transport;
  /** An endpoint that is not served yet. */
  readonly endpoint: string;
  readonly cleanUp?: () => void;
}

/** A listener with one connection, both ends of it. */
export interface Connected {
  readonly acceptor: RecordingAcceptor;
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

/** Listen and dial once. */
export async function connectOnce({ transport, endpoint }: Carrier): Promise<Connected> {
  const acceptor = new RecordingAcceptor();
  const listener = await transport.listen(endpoint, acceptor);
  const client = await transport.dial(endpoint);
  return { acceptor, listener, client, server: await acceptor.connectionAt(0) };
}

/** End everything. */
export async function disconnect(connected: Connected, carrier: Carrier): Promise<void> {
  for (const connection of [connected.client, ...connected.acceptor.connections]) {
    connection.abort();
  }
  await connected.listener.close();
  carrier.cleanUp?.();
}
