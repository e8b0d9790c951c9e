import { Buffer } from "node:buffer";
import type { ProtocolError } from "../src/index.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";
import { type Basin, Tank, type Well } from "./tank.ts";

/** Two sides of a session whose applications have tanks for streams. */
export interface StreamScene {
  readonly pair: RecoveryPair;
  readonly client: Side;
  readonly server: Side;
  /** The client's streams at the server's application. */
  readonly tank: Tank;
  readonly clientTank: Tank;
}

export function connected(options: RecoveryPairOptions = {}): StreamScene {
  const tanks = { client: new Tank(), server: new Tank() };
  const pair = new RecoveryPair({ streams: (role) => tanks[role], ...options });
  pair.connect();
  const { client, server } = pair;
  return { pair, client, server, tank: tanks.server, clientTank: tanks.client };
}

/** Send a well from the client and let the server's reader read. */
export function send(scene: StreamScene, well: Well, reads = true): Basin {
  const { client, pair, tank } = scene;
  client.session?.emit("s", well);
  pair.settle();
  const basin = tank.basins.at(-1);
  if (basin === undefined) throw new Error("no stream has come");
  basin.reads = reads;
  basin.read();
  pair.settle();
  return basin;
}

/** Send a well from the client to a reader that has asked for it and takes nothing. */
export function sendUnread(scene: StreamScene, well: Well): Basin {
  return send(scene, well, false);
}

export function bytes(size: number, fill = 1): Buffer {
  return Buffer.alloc(size, fill);
}

export function codeOf(error: unknown): unknown {
  return (error as ProtocolError | undefined)?.code;
}
