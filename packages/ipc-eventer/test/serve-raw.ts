import { once } from "node:events";
import { createServer } from "node:net";
import { RawPeer } from "./raw-peer.ts";
import { endpoint, type TestPlace } from "./test-place.ts";

/** The preface and welcome of a plain server. */
export const welcome =
  '{"ipc":[1],"role":"server","mode":"plain"}\n{"welcome":{"id":"me","token":"t"}}\n';

/** A server made of nothing but a socket, which does what it likes with each peer. Answers the peers so far, at any time. */
export async function serveRaw(
  place: TestPlace,
  receive: (peer: RawPeer) => void,
): Promise<readonly RawPeer[]> {
  const peers: RawPeer[] = [];
  const server = createServer((socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    receive(peer);
  });
  server.listen(`${place.directory}/${endpoint}.sock`);
  await once(server, "listening");
  place.finally(async () => {
    for (const peer of peers) peer.destroy();
    server.close();
    await once(server, "close");
  });
  return peers;
}
