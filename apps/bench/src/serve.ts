import type { Server } from "./contender.ts";

/** The data of the event `broadcast`, with which a client asks for one. */
export interface BroadcastRequest {
  data: unknown;
  times: number;
}

/** Registers the events that every server has for the cases. There are few events, as an application has few. */
export function serve<Peer>(server: Server<Peer>): void {
  server.on("echo", (data, peer) => server.emit(peer, "echo", data));
  server.handle("answer", (data) => data);
  server.handle("measure", measure);
  serveCount(server);
  serveBroadcast(server);
}

/** Reads a stream of bytes to its end; answers how many there were. */
async function measure(data: unknown): Promise<number> {
  let bytes = 0;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a case sends it
  for await (const chunk of data as AsyncIterable<Uint8Array>) bytes += chunk.byteLength;
  return bytes;
}

/** Counts events, of Buffers the bytes; answers the total when asked for it, and begins anew. */
function serveCount<Peer>(server: Server<Peer>): void {
  let counted = 0;
  server.on("count", (data) => {
    counted += Buffer.isBuffer(data) ? data.byteLength : 1;
  });
  server.on("total", (_, peer) => {
    server.emit(peer, "total", counted);
    counted = 0;
  });
}

/** Sends all clients the event `news` a number of times, each in a turn of the loop of its own. */
function serveBroadcast<Peer>(server: Server<Peer>): void {
  server.on("broadcast", (request) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a case sends it
    let { data, times } = request as BroadcastRequest;
    const next = (): void => {
      server.broadcast("news", data);
      times -= 1;
      if (times > 0) setImmediate(next);
    };
    next();
  });
}
